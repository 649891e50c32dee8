/** ProtoBuf's wire format by hand, so that a fault of the library that is tested is not in the test too. */

export type Field = readonly [number: number, value: number | string | Uint8Array];

/** One message: its fields in the given order. Numbers are varints, or doubles where they say so. */
export function encodeFields(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') {
        return Buffer.concat([encodeVarint(number * 8), encodeVarint(value)]);
      }
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      return Buffer.concat([encodeVarint(number * 8 + 2), encodeVarint(bytes.length), bytes]);
    }),
  );
}

export function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

export function encodeDouble(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([encodeVarint(number * 8 + 1), bytes]);
}

/** Fields of a message by number, the last value of each; repeated ones in `all`. */
export class DecodedMessage {
  readonly all: readonly Field[];

  /** @throws RangeError on bytes that are no message */
  constructor(bytes: Buffer) {
    const fields: Field[] = [];
    let at = 0;
    const varint = (): number => {
      let value = 0;
      for (let shift = 1; ; shift *= 0x80) {
        const byte = bytes[at++];
        if (byte === undefined) throw new RangeError('a varint is cut off');
        value += (byte & 0x7f) * shift;
        if (byte < 0x80) return value;
      }
    };
    const take = (size: number): Buffer => {
      if (at + size > bytes.length) throw new RangeError('a field is cut off');
      at += size;
      return bytes.subarray(at - size, at);
    };
    while (at < bytes.length) {
      const tag = varint();
      const number = Math.floor(tag / 8);
      const type = tag % 8;
      if (type === 0) fields.push([number, varint()]);
      else if (type === 1) fields.push([number, take(8).readDoubleLE()]);
      else if (type === 2) fields.push([number, take(varint())]);
      else throw new RangeError(`wire type ${type} is not used here`);
    }
    this.all = fields;
  }

  has(number: number): boolean {
    return this.all.some(([each]) => each === number);
  }

  number(number: number): number {
    const value = this.all.findLast(([each]) => each === number)?.[1];
    return typeof value === 'number' ? value : 0;
  }

  bytes(number: number): Buffer {
    const value = this.all.findLast(([each]) => each === number)?.[1];
    return value instanceof Uint8Array ? Buffer.from(value) : Buffer.alloc(0);
  }

  text(number: number): string {
    return this.bytes(number).toString('utf8');
  }

  message(number: number): DecodedMessage {
    return new DecodedMessage(this.bytes(number));
  }
}
