/** `google.protobuf.Value` and `Struct`, as Kong turns Lua values into them and back. */
import { ByteString } from '../byte-string';
import { DecodedMessage, encodeDouble, encodeFields, type Field } from './wire';

const field = { null: 1, number: 2, string: 3, bool: 4, struct: 5, list: 6 };

export function decodeValue(value: DecodedMessage): unknown {
  if (value.has(field.list)) {
    return value
      .message(field.list)
      .all.map(([, item]) => decodeValue(new DecodedMessage(Buffer.from(item as Uint8Array))));
  }
  if (value.has(field.struct)) return decodeStruct(value.message(field.struct));
  if (value.has(field.bool)) return value.number(field.bool) !== 0;
  if (value.has(field.string)) return value.text(field.string);
  return value.has(field.number) ? value.number(field.number) : undefined;
}

export function decodeStruct(struct: DecodedMessage): Record<string, unknown> {
  return Object.fromEntries(
    struct.all.map(([, bytes]) => {
      const entry = new DecodedMessage(Buffer.from(bytes as Uint8Array));
      return [entry.text(1), decodeValue(entry.message(2))];
    }),
  );
}

export function encodeValue(value: unknown): Buffer {
  if (typeof value === 'boolean') return encodeFields([[field.bool, value ? 1 : 0]]);
  if (typeof value === 'number') return encodeDouble(field.number, value);
  if (typeof value === 'string') return encodeFields([[field.string, value]]);
  if (value instanceof ByteString) return encodeFields([[field.string, value.bytes]]);
  if (value === undefined || value === null) return encodeFields([[field.null, 1]]);
  const isList = Array.isArray(value) && value.length > 0;
  return encodeFields([[isList ? field.list : field.struct, encodeListOrStruct(value)]]);
}

export function encodeListOrStruct(value: unknown): Buffer {
  if (Array.isArray(value)) {
    return encodeFields(value.map((item): Field => [1, encodeValue(item)]));
  }
  const entries =
    value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value as object);
  return encodeFields(
    entries.map(([key, item]): Field => [
      1,
      encodeFields([
        [1, key],
        [2, encodeValue(item)],
      ]),
    ]),
  );
}
