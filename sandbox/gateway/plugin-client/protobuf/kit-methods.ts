/** The development kit's methods in Kong's protocol, by the messages of their arguments and results. */
import { decodeStruct, decodeValue, encodeListOrStruct, encodeValue } from './struct';
import { ByteString } from '../byte-string';
import { DecodedMessage, encodeDouble, encodeFields } from './wire';

type Input = 'Empty' | 'String' | 'Int' | 'Bool' | 'KV' | 'Target' | 'ExitArgs' | 'Struct' | 'List';
type Output =
  'Empty' | 'String' | 'Int' | 'Bool' | 'Number' | 'Value' | 'Struct' | 'RawBody' | 'Consumer';

export interface KitMethod {
  /** Arguments for the Lua function, in order. */
  decode(bytes: Buffer): readonly unknown[];
  /** The reply; empty for nil. */
  encode(result: unknown): Buffer;
}

/** Those that take and give other entities (routes, services) are left out: no plugin here uses them. */
const signatures: readonly (readonly [Input, Output, string])[] = [
  ['Empty', 'String', 'client.get_ip client.get_forwarded_ip log.serialize node.get_id'],
  ['Empty', 'String', 'request.get_scheme request.get_host request.get_forwarded_scheme'],
  ['Empty', 'String', 'request.get_forwarded_host request.get_method request.get_path'],
  ['Empty', 'String', 'request.get_path_with_query request.get_raw_query response.get_source'],
  ['Empty', 'String', 'nginx.get_subsystem'],
  ['Empty', 'Int', 'client.get_port client.get_forwarded_port request.get_port'],
  ['Empty', 'Int', 'request.get_forwarded_port response.get_status service.response.get_status'],
  ['Empty', 'Number', 'request.get_http_version nginx.req_start_time'],
  ['Empty', 'RawBody', 'request.get_raw_body'],
  ['Bool', 'String', 'client.get_protocol'],
  ['Empty', 'Consumer', 'client.get_consumer'],
  ['String', 'String', 'request.get_header request.get_query_arg response.get_header'],
  ['String', 'String', 'service.response.get_header nginx.get_var'],
  ['String', 'Value', 'ctx.shared.get nginx.get_ctx'],
  ['String', 'Bool', 'service.set_upstream ip.is_trusted'],
  ['String', 'Empty', 'service.request.set_scheme service.request.set_path'],
  ['String', 'Empty', 'service.request.set_raw_query service.request.set_method'],
  ['String', 'Empty', 'service.request.clear_header response.clear_header'],
  ['Int', 'Struct', 'request.get_headers request.get_query response.get_headers'],
  ['Int', 'Struct', 'service.response.get_headers'],
  ['Int', 'Empty', 'response.set_status'],
  ['KV', 'Empty', 'ctx.shared.set service.request.set_header service.request.add_header'],
  ['KV', 'Empty', 'response.set_header response.add_header'],
  ['KV', 'String', 'nginx.set_ctx'],
  ['Struct', 'Empty', 'service.request.set_headers service.request.set_query response.set_headers'],
  ['List', 'Empty', 'log.alert log.crit log.err log.warn log.notice log.info log.debug'],
  ['Target', 'Empty', 'service.set_target'],
  ['ExitArgs', 'Empty', 'response.exit'],
];

const decoders: Readonly<Record<Input, (message: DecodedMessage) => readonly unknown[]>> = {
  Empty: () => [],
  String: (message) => [message.text(1)],
  Int: (message) => [message.number(1)],
  Bool: (message) => [message.number(1) !== 0],
  KV: (message) => [message.text(1), message.has(2) ? decodeValue(message.message(2)) : undefined],
  Target: (message) => [message.text(1), message.number(2)],
  // Lua's strings are bytes; a body that is not there is an empty one.
  ExitArgs: (message) => [
    message.number(1),
    message.bytes(2).toString('utf8'),
    ...(message.has(3) ? [decodeStruct(message.message(3))] : []),
  ],
  Struct: (message) => [decodeStruct(message)],
  List: (message) =>
    message.all.map(([, value]) => decodeValue(new DecodedMessage(Buffer.from(value as Buffer)))),
};

const encoders: Readonly<Record<Output, (result: unknown) => Buffer>> = {
  Empty: () => Buffer.alloc(0),
  String: (result) => encodeText(1, result),
  Int: (result) => (result === undefined ? Buffer.alloc(0) : encodeFields([[1, Number(result)]])),
  Bool: (result) => (result === true ? encodeFields([[1, 1]]) : Buffer.alloc(0)),
  Number: (result) => (result === undefined ? Buffer.alloc(0) : encodeDouble(1, Number(result))),
  Value: (result) => encodeValue(result),
  Struct: (result) => encodeListOrStruct(result),
  RawBody: (result) => encodeText(1, result),
  // Its other fields are left out: a message may always have more of them.
  Consumer: (result) => encodeText(1, (result as { readonly id?: unknown } | undefined)?.id),
};

function encodeText(number: number, result: unknown): Buffer {
  const bytes = result instanceof ByteString ? result.bytes : result;
  // Defaults are not written, so that an empty text is the same as none.
  if (typeof bytes !== 'string' && !(bytes instanceof Uint8Array)) return Buffer.alloc(0);
  return bytes.length === 0 ? Buffer.alloc(0) : encodeFields([[number, bytes]]);
}

export const kitMethods: ReadonlyMap<string, KitMethod> = new Map(
  signatures.flatMap(([input, output, names]) =>
    names.split(' ').map((name): [string, KitMethod] => [
      `kong.${name}`,
      {
        decode: (bytes) => decoders[input](new DecodedMessage(bytes)),
        encode: encoders[output],
      },
    ]),
  ),
);
