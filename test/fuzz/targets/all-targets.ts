/** Everything that reads what others wrote. */
import type { Target } from '../target';
import { controlPlane } from './control-plane';
import { daemonConfig } from './daemon-config';
import { frames } from './frames';
import { httpAnswers } from './http-answers';
import { kongAdmin } from './kong-admin';
import { kongEdit } from './kong-edit';
import { kongFile } from './kong-file';
import { kongRefusal } from './kong-refusal';
import { kongSchema } from './kong-schema';
import { kubernetes } from './kubernetes';
import { meshFile } from './mesh-file';
import { pluginServer } from './plugin-server';
import { snapshot } from './snapshot';
import { socket } from './socket';

export const allTargets: readonly Target[] = [
  frames,
  pluginServer,
  socket,
  snapshot,
  kongFile,
  kongEdit,
  daemonConfig,
  meshFile,
  controlPlane,
  kubernetes,
  httpAnswers,
  kongAdmin,
  kongRefusal,
  kongSchema,
];
