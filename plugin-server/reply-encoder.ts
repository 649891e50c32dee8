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

/**
 * Replies are written one after the other into a piece of memory and handed out as parts of it: no
 * copy, and no byte is written twice, since a socket may hold on to a reply.
 */
const pieceBytes = 16 * 1024;
let piece = Buffer.allocUnsafeSlow(pieceBytes);
let start = 0;
let at = 0;

/** `[1, msgid, nil, {Data: {Method, Args}, EventId}]`: the next call that Kong is asked for. */
export function encodeCall(msgid: number, eventId: number, call: Call): Buffer {
  begin(msgid);
  putBytes(callHead(call.method));
  putValue(call.args, 0);
  putBytes(eventIdKey);
  putInteger(eventId);
  return finish();
}

/** `[1, msgid, nil, {Data: "ret", EventId}]`: the handler is done. */
export function encodeDone(msgid: number, eventId: number): Buffer {
  begin(msgid);
  putBytes(doneHead);
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

const nil = Buffer.from([0xc0]);
const mapOfTwo = Buffer.from([0x82]);
const dataKey = encodedString('Data');
const eventIdKey = encodedString('EventId');
const doneHead = Buffer.concat([nil, mapOfTwo, dataKey, encodedString('ret'), eventIdKey]);

const callHeads = new Map<string, Buffer>();

/** All that comes before the arguments: the same for every call of a method. */
function callHead(method: string): Buffer {
  let head = callHeads.get(method);
  if (!head) {
    const names = [encodedString('Method'), encodedString(method), encodedString('Args')];
    head = Buffer.concat([nil, mapOfTwo, dataKey, mapOfTwo, ...names]);
    // A plugin may compute names; those of the kit are some hundred.
    if (callHeads.size < 1000) callHeads.set(method, head);
  }
  return head;
}

function encodedString(text: string): Buffer {
  const bytes = Buffer.from(text);
  const head =
    bytes.length < 32 ? [0xa0 | bytes.length] : [0xda, bytes.length >> 8, bytes.length & 0xff];
  return Buffer.concat([Buffer.from(head), bytes]);
}

function begin(msgid: number): void {
  at = start;
  put(0x94, 0x01);
  putInteger(msgid);
}

function finish(): Buffer {
  const reply = piece.subarray(start, at);
  start = at;
  return reply;
}

/** Room for so many more bytes; what there is of the present reply moves to a new piece if need be. */
function reserve(bytes: number): void {
  if (at + bytes <= piece.length) return;
  const written = at - start;
  const larger = Buffer.allocUnsafeSlow(Math.max(pieceBytes, (written + bytes) * 2));
  piece.copy(larger, 0, start, at);
  piece = larger;
  start = 0;
  at = written;
}

function put(first: number, second?: number): void {
  reserve(2);
  piece[at++] = first;
  if (second !== undefined) piece[at++] = second;
}

function putBytes(bytes: Uint8Array): void {
  reserve(bytes.length);
  piece.set(bytes, at);
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
  piece[at++] = 0xcb;
  at = piece.writeDoubleBE(value, at);
}

function putInteger(value: number): void {
  reserve(9);
  if (value >= 0) putUnsigned(value);
  else putNegative(value);
}

function putUnsigned(value: number): void {
  if (value < 0x80) {
    piece[at++] = value;
  } else if (value < 0x100) {
    piece[at++] = 0xcc;
    piece[at++] = value;
  } else if (value < 0x10000) {
    piece[at++] = 0xcd;
    at = piece.writeUInt16BE(value, at);
  } else if (value < 0x100000000) {
    piece[at++] = 0xce;
    at = piece.writeUInt32BE(value, at);
  } else {
    piece[at++] = 0xcf;
    at = piece.writeUInt32BE(Math.floor(value / 0x100000000), at);
    at = piece.writeUInt32BE(value % 0x100000000, at);
  }
}

function putNegative(value: number): void {
  if (value >= -0x20) {
    piece[at++] = value & 0xff;
  } else if (value >= -0x80000000) {
    piece[at++] = 0xd2;
    at = piece.writeInt32BE(value, at);
  } else {
    piece[at++] = 0xd3;
    at = piece.writeBigInt64BE(BigInt(value), at);
  }
}

/** At most three bytes a UTF-16 unit. */
function putString(text: string): void {
  reserve(5 + text.length * 3);
  if (text.length < 32) {
    const written = piece.write(text, at + 1);
    if (written < 32) {
      piece[at] = 0xa0 | written;
      at += 1 + written;
      return;
    }
  }
  const length = Buffer.byteLength(text);
  if (length < 0x10000) {
    piece[at++] = 0xda;
    at = piece.writeUInt16BE(length, at);
  } else {
    piece[at++] = 0xdb;
    at = piece.writeUInt32BE(length, at);
  }
  at += piece.write(text, at);
}

function putBinaryHead(length: number): void {
  reserve(5);
  if (length < 0x10000) {
    piece[at++] = 0xc5;
    at = piece.writeUInt16BE(length, at);
  } else {
    piece[at++] = 0xc6;
    at = piece.writeUInt32BE(length, at);
  }
}

function putLength(length: number, fixed: number, long: number): void {
  reserve(5);
  if (length < 16) {
    piece[at++] = fixed | length;
  } else if (length < 0x10000) {
    piece[at++] = long;
    at = piece.writeUInt16BE(length, at);
  } else {
    piece[at++] = long + 1;
    at = piece.writeUInt32BE(length, at);
  }
}
