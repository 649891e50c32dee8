import type { CallPdk } from '../../plugin-client/plugin-event';
import type { Plugin } from '../entities';
import type { RequestContext } from '../request-context';
import { nodeFunctions } from './node';
import type { PdkFunctions } from './pdk-function';
import { requestFunctions } from './request';
import { responseFunctions } from './response';
import { serviceFunctions } from './service';

const functions: PdkFunctions = {
  ...requestFunctions,
  ...serviceFunctions,
  ...responseFunctions,
  ...nodeFunctions,
};

/** The PDK for one request and plugin. What does not exist is logged and gives nil, as in Kong. */
export function pdkFor(context: RequestContext, plugin: Plugin): CallPdk {
  return (method, args) => {
    const pdkFunction = functions[method];
    if (pdkFunction) return pdkFunction(context, args, plugin);
    const text = `[kong] mp_rpc.lua:116 [${plugin.name}] could not find pdk method: ${method}`;
    context.log({ level: 'error', text });
    return undefined;
  };
}
