import type { NamedField } from './schema';

/**
 * Credentials, and the plugins seen in use without a recorded schema. Their fields are read off the
 * recorded exchanges.
 */

const id: NamedField = { id: { type: 'string', auto: true, uuid: true } };
const createdAt: NamedField = { created_at: { type: 'integer', auto: true } };
const tags: NamedField = {
  tags: { type: 'set', elements: { type: 'string', required: true } },
};
const consumer: NamedField = {
  consumer: { type: 'foreign', reference: 'consumers', required: true, on_delete: 'cascade' },
};
const text = { type: 'string' } as const;
const uniqueText = { type: 'string', required: true, unique: true } as const;
/** Made by Kong where not given. */
const generated = { type: 'string', auto: true } as const;
const generatedUnique = { type: 'string', auto: true, unique: true } as const;

export const credentialFields = {
  keyauth_credentials: [id, createdAt, consumer, { key: generatedUnique }, tags],
  basicauth_credentials: [
    id,
    createdAt,
    consumer,
    { username: uniqueText },
    { password: { type: 'string', required: true } },
    tags,
  ],
  hmacauth_credentials: [
    id,
    createdAt,
    consumer,
    { username: uniqueText },
    { secret: generated },
    tags,
  ],
  jwt_secrets: [
    id,
    createdAt,
    consumer,
    { key: generatedUnique },
    { secret: generated },
    { rsa_public_key: text },
    {
      algorithm: {
        type: 'string',
        default: 'HS256',
        one_of: [
          'HS256',
          'HS384',
          'HS512',
          'RS256',
          'RS384',
          'RS512',
          'ES256',
          'ES384',
          'ES512',
          'PS256',
          'PS384',
          'PS512',
          'EdDSA',
        ],
      },
    },
    tags,
  ],
  acls: [id, createdAt, consumer, { group: { type: 'string', required: true } }, tags],
} satisfies Readonly<Record<string, readonly NamedField[]>>;

const texts = { type: 'array', elements: { type: 'string' } } as const;

/** Plugins without a recorded schema: their `config` as the recorded replies show it. */
export const observedPlugins: Readonly<Record<string, readonly NamedField[]>> = {
  'bot-detection': [
    { consumer: { type: 'foreign', reference: 'consumers', eq: null } },
    {
      config: {
        type: 'record',
        required: true,
        fields: [{ allow: { ...texts, default: [] } }, { deny: { ...texts, default: [] } }],
      },
    },
  ],
  'correlation-id': [
    {
      config: {
        type: 'record',
        required: true,
        fields: [
          { header_name: { type: 'string', default: 'Kong-Request-ID' } },
          {
            generator: {
              type: 'string',
              default: 'uuid#counter',
              required: true,
              one_of: ['uuid', 'uuid#counter', 'tracker'],
            },
          },
          { echo_downstream: { type: 'boolean', required: true, default: false } },
        ],
      },
    },
  ],
};
