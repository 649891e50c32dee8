/**
 * Reads MessagePack values out of a buffer that is known to hold them whole. Values are given as the
 * stock plugin server gives them to a plugin: maps as plain objects, binaries as Uint8Array.
 */

/** Bytes that are no message of the protocol; what follows them cannot be trusted either. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Deeper than any value of Kong's, shallower than this process' stack. */
const maxDepth = 64;

export class MessagePackReader {
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Reads the one value that starts at `start`. */
  read(buffer: Buffer, start: number): unknown {
    this.#buffer = buffer;
    this.#at = start;
    return this.#value(0);
  }

  #value(depth: number): unknown {
    const type = this.#buffer[this.#at++] ?? 0xc1;
    if (type < 0x80) return type;
    if (type >= 0xe0) return type - 0x100;
    if (type >= 0xa0 && type < 0xc0) return this.#string(type & 0x1f);
    if (type < 0x90) return this.#map(type & 0x0f, depth);
    if (type < 0xa0) return this.#array(type & 0x0f, depth);
    return this.#long(type, depth);
  }

  #long(type: number, depth: number): unknown {
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#binary(this.#unsigned(1 << (type - 0xc4)));
      case 0xca:
        return this.#take(4, (at) => this.#buffer.readFloatBE(at));
      case 0xcb:
        return this.#take(8, (at) => this.#buffer.readDoubleBE(at));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.#unsigned(1 << (type - 0xcc));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return this.#signed(1 << (type - 0xd0));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#string(this.#unsigned(1 << (type - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#unsigned(2 << (type - 0xdc)), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(2 << (type - 0xde)), depth);
      default:
        throw new ProtocolError(`type byte 0x${type.toString(16)} is not used by Kong`);
    }
  }

  /** Keys are few and come with every frame: known ones are recognised and not made again. */
  #key(depth: number): unknown {
    const type = this.#buffer[this.#at] ?? 0xc1;
    if (type < 0xa0 || type >= 0xc0) return this.#value(depth + 1);
    const start = this.#at + 1;
    this.#at = start + (type & 0x1f);
    return knownText(this.#buffer, start, this.#at);
  }

  #take(size: number, read: (at: number) => number): number {
    const value = read(this.#at);
    this.#at += size;
    return value;
  }

  /** Kong's numbers are doubles: of more than 53 bits the nearest one is meant. */
  #unsigned(size: number): number {
    if (size === 8) {
      // In two halves: byte by byte it would be rounded several times.
      const high = this.#unsigned(4);
      return high * 2 ** 32 + this.#unsigned(4);
    }
    let value = 0;
    for (let index = 0; index < size; index += 1) {
      value = value * 0x100 + (this.#buffer[this.#at++] ?? 0);
    }
    return value;
  }

  #signed(size: number): number {
    if (size === 8) {
      // In two halves: as one unsigned number a negative one has more than 53 bits.
      const high = this.#signed(4);
      return high * 2 ** 32 + this.#unsigned(4);
    }
    const value = this.#unsigned(size);
    return value >= 2 ** (size * 8 - 1) ? value - 2 ** (size * 8) : value;
  }

  #string(length: number): string {
    const start = this.#at;
    this.#at += length;
    return this.#buffer.toString('utf8', start, this.#at);
  }

  /** A copy: the buffer may be a piece of a larger one that is used again. */
  #binary(length: number): Uint8Array {
    const start = this.#at;
    this.#at += length;
    return new Uint8Array(this.#buffer.subarray(start, this.#at));
  }

  #array(length: number, depth: number): unknown[] {
    guardDepth(depth);
    // Of the right size at once: a list that grows reserves room for 17.
    const values = new Array<unknown>(length);
    for (let index = 0; index < length; index += 1) values[index] = this.#value(depth + 1);
    return values;
  }

  #map(length: number, depth: number): Record<string, unknown> {
    guardDepth(depth);
    const map: Record<string, unknown> = {};
    for (let index = 0; index < length; index += 1) {
      const key = this.#key(depth);
      if (typeof key !== 'string' && typeof key !== 'number') {
        throw new ProtocolError('a map key is neither a string nor a number');
      }
      const value = this.#value(depth + 1);
      if (key === '__proto__') Object.defineProperty(map, key, { value, enumerable: true });
      else map[key] = value;
    }
    return map;
  }
}

function guardDepth(depth: number): void {
  if (depth >= maxDepth) throw new ProtocolError('a value is nested too deeply');
}

interface KnownText {
  readonly bytes: Buffer;
  readonly text: string;
}

/** One place per hash; what comes later takes the place over. */
const known = new Array<KnownText | undefined>(256).fill(undefined);

/** The text of these bytes, the same string for the same bytes as long as nothing else took its place. */
export function knownText(buffer: Buffer, start: number, end: number): string {
  const length = end - start;
  const place = ((buffer[start] ?? 0) * 31 + (buffer[end - 1] ?? 0) * 7 + length) & 0xff;
  const candidate = known[place];
  if (candidate?.bytes.length === length && equals(candidate.bytes, buffer, start)) {
    return candidate.text;
  }
  const text = buffer.toString('utf8', start, end);
  known[place] = { bytes: Buffer.from(buffer.subarray(start, end)), text };
  return text;
}

function equals(bytes: Buffer, buffer: Buffer, start: number): boolean {
  for (let index = 0; index < bytes.length; index += 1) {
    if (bytes[index] !== buffer[start + index]) return false;
  }
  return true;
}
