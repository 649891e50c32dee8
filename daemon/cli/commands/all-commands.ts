import { addCatalog } from './catalog';
import type { AddCommand } from './command';
import { addCheck } from './check';
import { addCompletion } from './completion';
import { addDemo } from './demo';
import { addDiff } from './diff';
import { addDoctor } from './doctor';
import { addDump } from './dump';
import { addExplain } from './explain';
import { addInit } from './init';
import { addManifests } from './manifests';
import { addPing } from './ping';
import { addPluginInfo, addPluginServer } from './plugin-commands';
import { addMigrate } from './migrate';
import { addRender } from './render';
import { addReset } from './reset';
import { addRun } from './run';
import { addSync } from './sync';
import { addValidate } from './validate';
import { addVersion } from './version';

/** Every command, in the order that help lists them: for pages and tests that describe them all. */
export const allCommands: readonly AddCommand[] = [
  addRun,
  addSync,
  addDiff,
  addRender,
  addValidate,
  addDump,
  addReset,
  addCatalog,
  addExplain,
  addDoctor,
  addCheck,
  addMigrate,
  addInit,
  addPing,
  addManifests,
  addDemo,
  addCompletion,
  addVersion,
  addPluginServer,
  addPluginInfo,
];
