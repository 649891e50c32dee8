/**
 * Replies of the plugin server as MessagePack. Written by hand for one reason: a reply is made for
 * every round trip, and a general encoder costs more than the rest of the work.
 */

/** A value that no Kong method takes: a function, a symbol, a cycle. */
export class UnsendableError extends Error {
  override readonly name = 'UnsendableError';
}

export interface Call {
  /** As Kong names it: `kong.service.set_target`. */
  readonly method: string;
  readonly args: readonly unknown[];
}

const maxDepth = 64;
const initialBytes = 16 * 1024;

let scratch = Buffer.allocUnsafe(initialBytes);
let at = 0;

/** `[1, msgid, nil, {Data: {Method, Args}, EventId}]`: the next call that Kong is asked for. */
export function encodeCall(msgid: number, eventId: number, call: Call): Buffer {
  begin(msgid);
  put(0xc0, 0x82);
  putBytes(dataKey);
  put(0x82);
  putBytes(methodKey);
  putBytes(encodedMethod(call.method));
  putBytes(argsKey);
  putValue(call.args, 0);
  putBytes(eventIdKey);
  putInteger(eventId);
  return finish();
}

/** `[1, msgid, nil, {Data: "ret", EventId}]`: the handler is done. */
export function encodeDone(msgid: number, eventId: number): Buffer {
  begin(msgid);
  put(0xc0, 0x82);
  putBytes(dataKey);
  putBytes(retValue);
  putBytes(eventIdKey);
  putInteger(eventId);
  return finish();
}

/** `[1, msgid, nil, result]`. */
export function encodeResult(msgid: number, result: unknown): Buffer {
  begin(msgid);
  put(0xc0);
  putValue(result, 0);
  return finish();
}

/** `[1, msgid, error, nil]`: Kong acts on errors that begin with "no plugin instance". */
export function encodeError(msgid: number, message: string): Buffer {
  begin(msgid);
  putString(message);
  put(0xc0);
  return finish();
}

const dataKey = encodedString('Data');
const methodKey = encodedString('Method');
const argsKey = encodedString('Args');
const eventIdKey = encodedString('EventId');
const retValue = encodedString('ret');

const methods = new Map<string, Buffer>();

function encodedMethod(method: string): Buffer {
  let known = methods.get(method);
  if (!known) {
    known = encodedString(method);
    // A plugin may compute names; those of the PDK are some hundred.
    if (methods.size < 1000) methods.set(method, known);
  }
  return known;
}

function encodedString(text: string): Buffer {
  const bytes = Buffer.from(text);
  const head =
    bytes.length < 32 ? [0xa0 | bytes.length] : [0xda, bytes.length >> 8, bytes.length & 0xff];
  return Buffer.concat([Buffer.from(head), bytes]);
}

function begin(msgid: number): void {
  at = 0;
  put(0x94, 0x01);
  putInteger(msgid);
}

function finish(): Buffer {
  const reply = Buffer.allocUnsafe(at);
  scratch.copy(reply, 0, 0, at);
  // One large reply must not be paid for ever after.
  if (scratch.length > 1024 * 1024) scratch = Buffer.allocUnsafe(initialBytes);
  return reply;
}

function reserve(bytes: number): void {
  if (at + bytes <= scratch.length) return;
  const larger = Buffer.allocUnsafe(Math.max(scratch.length * 2, at + bytes));
  scratch.copy(larger, 0, 0, at);
  scratch = larger;
}

function put(first: number, second?: number): void {
  reserve(2);
  scratch[at++] = first;
  if (second !== undefined) scratch[at++] = second;
}

function putBytes(bytes: Uint8Array): void {
  reserve(bytes.length);
  scratch.set(bytes, at);
  at += bytes.length;
}

function putValue(value: unknown, depth: number): void {
  if (depth > maxDepth) throw new UnsendableError('a value is nested too deeply, or in itself');
  switch (typeof value) {
    case 'string':
      putString(value);
      return;
    case 'number':
      putNumber(value);
      return;
    case 'boolean':
      put(value ? 0xc3 : 0xc2);
      return;
    case 'undefined':
      put(0xc0);
      return;
    case 'object':
      putObject(value, depth);
      return;
    default:
      throw new UnsendableError(`a ${typeof value} cannot be sent to Kong`);
  }
}

function putObject(value: object | null, depth: number): void {
  if (value === null) {
    put(0xc0);
  } else if (Array.isArray(value)) {
    putLength(value.length, 0x90, 0xdc);
    for (const item of value as unknown[]) putValue(item, depth + 1);
  } else if (value instanceof Uint8Array) {
    putBinaryHead(value.length);
    putBytes(value);
  } else {
    const entries = Object.entries(value as Record<string, unknown>);
    putLength(entries.length, 0x80, 0xde);
    for (const [key, item] of entries) {
      putString(key);
      putValue(item, depth + 1);
    }
  }
}

function putNumber(value: number): void {
  if (Number.isSafeInteger(value)) {
    putInteger(value);
    return;
  }
  reserve(9);
  scratch[at++] = 0xcb;
  at = scratch.writeDoubleBE(value, at);
}

function putInteger(value: number): void {
  reserve(9);
  if (value >= 0) putUnsigned(value);
  else putNegative(value);
}

function putUnsigned(value: number): void {
  if (value < 0x80) {
    scratch[at++] = value;
  } else if (value < 0x100) {
    scratch[at++] = 0xcc;
    scratch[at++] = value;
  } else if (value < 0x10000) {
    scratch[at++] = 0xcd;
    at = scratch.writeUInt16BE(value, at);
  } else if (value < 0x100000000) {
    scratch[at++] = 0xce;
    at = scratch.writeUInt32BE(value, at);
  } else {
    scratch[at++] = 0xcf;
    at = scratch.writeUInt32BE(Math.floor(value / 0x100000000), at);
    at = scratch.writeUInt32BE(value % 0x100000000, at);
  }
}

function putNegative(value: number): void {
  if (value >= -0x20) {
    scratch[at++] = value & 0xff;
  } else if (value >= -0x80000000) {
    scratch[at++] = 0xd2;
    at = scratch.writeInt32BE(value, at);
  } else {
    scratch[at++] = 0xd3;
    at = scratch.writeBigInt64BE(BigInt(value), at);
  }
}

/** At most three bytes a UTF-16 unit. */
function putString(text: string): void {
  reserve(5 + text.length * 3);
  if (text.length < 32) {
    const written = scratch.write(text, at + 1);
    if (written < 32) {
      scratch[at] = 0xa0 | written;
      at += 1 + written;
      return;
    }
  }
  const length = Buffer.byteLength(text);
  if (length < 0x10000) {
    scratch[at++] = 0xda;
    at = scratch.writeUInt16BE(length, at);
  } else {
    scratch[at++] = 0xdb;
    at = scratch.writeUInt32BE(length, at);
  }
  at += scratch.write(text, at);
}

function putBinaryHead(length: number): void {
  reserve(5);
  if (length < 0x10000) {
    scratch[at++] = 0xc5;
    at = scratch.writeUInt16BE(length, at);
  } else {
    scratch[at++] = 0xc6;
    at = scratch.writeUInt32BE(length, at);
  }
}

function putLength(length: number, fixed: number, long: number): void {
  reserve(5);
  if (length < 16) {
    scratch[at++] = fixed | length;
  } else if (length < 0x10000) {
    scratch[at++] = long;
    at = scratch.writeUInt16BE(length, at);
  } else {
    scratch[at++] = long + 1;
    at = scratch.writeUInt32BE(length, at);
  }
}
