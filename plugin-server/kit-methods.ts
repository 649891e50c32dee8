/**
 * The methods of Kong's development kit as messages: a plugin calls them with arguments in order, the
 * protocol has one message for each, and one for the result.
 */
import type { Method, Type } from 'protobufjs';

import { frame } from './frames';
import { decodeMessage, kitMethods, messageType, ProtocolError } from './protocol';

export interface Call {
  /** As Kong names it: `kong.service.set_target`. */
  readonly method: string;
  readonly args: readonly unknown[];
}

/** A call that the protocol does not have, or with arguments that its message does not take. */
export class UnsendableError extends Error {
  override readonly name = 'UnsendableError';
}

export interface KitMethod {
  /** Whether Kong's reply says anything: nobody has to wait for an empty one. */
  readonly hasResult: boolean;
  /** Ends the request: Kong does not come back after it. */
  readonly isFinal: boolean;
  /**
   * The two frames of a call: its name and its arguments.
   * @throws UnsendableError
   */
  encode(args: readonly unknown[]): Buffer;
  /**
   * The result in Kong's reply; undefined for a Lua nil.
   * @throws ProtocolError
   */
  decode(reply: Uint8Array): unknown;
}

/** @throws UnsendableError */
export function kitMethod(name: string): KitMethod {
  const method = methods.get(name);
  if (!method) throw new UnsendableError(`Kong's protocol has no ${name}`);
  return method;
}

/** Both frames of a call; Kong answers it with one. @throws UnsendableError */
export function encodeKitCall({ method, args }: Call): Buffer {
  return kitMethod(method).encode(args);
}

/** `Service_Request_SetHeader` is `kong.service.request.set_header`. */
function nameOf(method: Method): string {
  const path = method.name.replaceAll('_', '.').replace(/([a-z]\d*)([A-Z])/g, '$1_$2');
  return `kong.${path}`.toLowerCase();
}

type ToMessage = (args: readonly unknown[]) => object;

/** Arguments in order → fields, by the message that takes them. */
const toMessage: Readonly<Record<string, ToMessage>> = {
  Empty: () => ({}),
  String: ([v]) => ({ v }),
  Target: ([host, port]) => ({ host, port }),
  KV: ([k, v]) => ({ k, v: valueOf(v) }),
  ExitArgs: exitArgs,
};

function define(method: Method): KitMethod {
  const name = nameOf(method);
  const { input, output } = typesOf(method);
  const convert = toMessage[input.name];
  if (!convert) throw new Error(`no arguments are known for ${input.name}`);
  const nameFrame = frame(Buffer.from(name));
  const hasResult = output.name !== 'Empty';
  return {
    hasResult,
    isFinal: name === 'kong.response.exit',
    encode(args) {
      const message = convert(args);
      const problem = input.verify(message);
      if (problem !== null) throw new UnsendableError(`${name}: ${problem}`);
      return Buffer.concat([nameFrame, frame(input.encode(message).finish())]);
    },
    decode(reply) {
      if (!hasResult) {
        if (reply.length > 0) throw new ProtocolError(`${name} has no result`);
        return undefined;
      }
      if (reply.length === 0) return undefined;
      const message = decodeMessage(output, reply);
      return 'v' in output.fields ? (message as { v: unknown }).v : message;
    },
  };
}

function typesOf({ parent, requestType, responseType }: Method): { input: Type; output: Type } {
  const find = (name: string): Type =>
    messageType(name.includes('.') ? name : `${parent?.parent?.fullName.slice(1) ?? ''}.${name}`);
  return { input: find(requestType), output: find(responseType) };
}

/** A `google.protobuf.Value` of what a header may be. */
function valueOf(value: unknown): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'number':
      return { numberValue: value };
    case 'boolean':
      return { boolValue: value };
    default:
      if (!Array.isArray(value))
        throw new UnsendableError(`a ${typeof value} is no header's value`);
      return { listValue: { values: value.map(valueOf) } };
  }
}

/** Kong takes the body as bytes: what is no text is sent as JSON, and says so. */
function exitArgs([status, body, headers]: readonly unknown[]): object {
  const fields: Record<string, unknown> = { ...(headers as object | null | undefined) };
  let bytes: Uint8Array | undefined;
  if (body instanceof Uint8Array) bytes = body;
  else if (typeof body === 'string') bytes = Buffer.from(body);
  else if (body !== undefined && body !== null) {
    bytes = Buffer.from((JSON.stringify(body) as string | undefined) ?? '');
    const named = Object.keys(fields).some((name) => name.toLowerCase() === 'content-type');
    if (!named) fields['Content-Type'] = 'application/json; charset=utf-8';
  }
  const values = Object.entries(fields).map(([name, value]) => [name, valueOf(value)] as const);
  return {
    status,
    ...(bytes ? { body: bytes } : {}),
    headers: { fields: Object.fromEntries(values) },
  };
}

const methods: ReadonlyMap<string, KitMethod> = new Map(
  kitMethods.map((method) => [nameOf(method), define(method)]),
);
