/**
 * Kong's ProtoBuf protocol ("ProtoBuf:1"), as far as this server speaks it: messages by name and number
 * as in `kong/include/kong/pluginsocket.proto`. A test holds every field against Kong's own descriptors.
 */
import { common, parse, type Type } from 'protobufjs';

/** What Kong's query command must say for Kong to speak this protocol. */
export const protocolName = 'ProtoBuf:1';

/** A `SnapshotInUse` is not Kong's: readers of the protocol skip fields that they do not know. */
export const protocolText = `
  syntax = "proto3";
  package kong_plugin_protocol;

  message CmdGetPluginNames {}
  message CmdGetPluginInfo { string name = 1; }
  message CmdStartInstance { string name = 1; bytes config = 2; }
  message CmdCloseInstance { int32 instance_id = 1; }
  message CmdHandleEvent { int32 instance_id = 1; string event_name = 2; }

  message RpcCall {
    int64 sequence = 1;
    oneof call {
      CmdGetPluginNames cmd_get_plugin_names = 31;
      CmdGetPluginInfo cmd_get_plugin_info = 32;
      CmdStartInstance cmd_start_instance = 33;
      CmdCloseInstance cmd_close_instance = 35;
      CmdHandleEvent cmd_handle_event = 36;
    }
  }

  message SnapshotInUse { string file = 1; string hash = 2; }
  message PluginNames { repeated string names = 1; }
  message PluginInfo {
    string name = 1;
    repeated string phases = 4;
    string version = 5;
    int32 priority = 6;
    string schema = 7;
    repeated SnapshotInUse snapshots = 1001;
  }
  message InstanceStatus { string name = 1; int32 instance_id = 2; int64 started_at = 4; }

  message RpcReturn {
    int64 sequence = 1;
    oneof return {
      PluginNames plugin_names = 31;
      PluginInfo plugin_info = 32;
      InstanceStatus instance_status = 33;
    }
  }

  message KV { string k = 1; google.protobuf.Value v = 2; }
  message Bool { bool v = 1; }
  message String { string v = 1; }
  message ExitArgs { int32 status = 1; bytes body = 2; google.protobuf.Struct headers = 3; }
  message Target { string host = 1; int32 port = 2; }
  message Consumer { string id = 1; }

  service Kong {
    rpc Client_GetForwardedIp(google.protobuf.Empty) returns (String);
    rpc Client_GetConsumer(google.protobuf.Empty) returns (Consumer);
    rpc Request_GetScheme(google.protobuf.Empty) returns (String);
    rpc Request_GetHost(google.protobuf.Empty) returns (String);
    rpc Request_GetMethod(google.protobuf.Empty) returns (String);
    rpc Request_GetPath(google.protobuf.Empty) returns (String);
    rpc Request_GetHeader(String) returns (String);
    rpc Response_Exit(ExitArgs) returns (google.protobuf.Empty);
    rpc Service_SetUpstream(String) returns (Bool);
    rpc Service_SetTarget(Target) returns (google.protobuf.Empty);
    rpc Service_Request_SetScheme(String) returns (google.protobuf.Empty);
    rpc Service_Request_SetHeader(KV) returns (google.protobuf.Empty);
    rpc Service_Request_ClearHeader(String) returns (google.protobuf.Empty);
  }
`;

/** An integer of 64 bits as the library has it; it is only handed back. */
export type Sequence = number | { toNumber(): number };

export interface RpcCall {
  readonly sequence: Sequence;
  readonly cmd_get_plugin_names?: object | null;
  readonly cmd_get_plugin_info?: { readonly name: string } | null;
  readonly cmd_start_instance?: { readonly name: string; readonly config: Uint8Array } | null;
  readonly cmd_close_instance?: { readonly instance_id: number } | null;
  readonly cmd_handle_event?: {
    readonly instance_id: number;
    readonly event_name: string;
  } | null;
}

export interface PluginInfoMessage {
  readonly name: string;
  readonly phases: readonly string[];
  readonly version: string;
  readonly priority: number;
  readonly schema: string;
  readonly snapshots: readonly { readonly file: string; readonly hash: string }[];
}

export interface RpcReturn {
  readonly sequence: Sequence;
  readonly plugin_names?: { readonly names: readonly string[] } | null;
  readonly plugin_info?: PluginInfoMessage | null;
  readonly instance_status?: {
    readonly name: string;
    readonly instance_id: number;
    readonly started_at: number;
  } | null;
}

const { root } = parse(protocolText, { keepCase: true });
for (const file of ['google/protobuf/struct.proto', 'google/protobuf/empty.proto']) {
  root.addJSON(common.get(file)?.nested ?? {});
}
root.resolveAll();

/** A message of the protocol or of the types that it uses. */
export function messageType(name: string): Type {
  return root.lookupType(name);
}

const calls = messageType('kong_plugin_protocol.RpcCall');
const returns = messageType('kong_plugin_protocol.RpcReturn');

/** Bytes that are no message of the protocol; what follows them cannot be trusted either. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** @throws ProtocolError */
export function decodeCall(bytes: Uint8Array): RpcCall {
  return decodeMessage(calls, bytes) as unknown as RpcCall;
}

/** @throws ProtocolError */
export function decodeReturn(bytes: Uint8Array): RpcReturn {
  return decodeMessage(returns, bytes) as unknown as RpcReturn;
}

export function encodeCall(call: RpcCall): Uint8Array {
  return calls.encode(call).finish();
}

export function encodeReturn(answer: RpcReturn): Uint8Array {
  return returns.encode(answer).finish();
}

/** @throws ProtocolError */
export function decodeMessage(type: Type, bytes: Uint8Array): object {
  try {
    return type.decode(bytes);
  } catch (error) {
    throw new ProtocolError(`a frame is no ${type.name}: ${(error as Error).message}`);
  }
}

/** The methods of Kong's development kit that the protocol has, in the order of the text. */
export const kitMethods = Object.values(root.lookupService('kong_plugin_protocol.Kong').methods);
