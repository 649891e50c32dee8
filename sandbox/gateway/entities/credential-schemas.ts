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
  oauth2_credentials: [
    id,
    createdAt,
    consumer,
    { name: { type: 'string', required: true } },
    { client_id: generatedUnique },
    { client_secret: generated },
    { hash_secret: { type: 'boolean', required: true, default: false } },
    { redirect_uris: { type: 'array', elements: { type: 'string' } } },
    {
      client_type: {
        type: 'string',
        required: true,
        default: 'confidential',
        one_of: ['confidential', 'public'],
      },
    },
    tags,
  ],
  acls: [id, createdAt, consumer, { group: { type: 'string', required: true } }, tags],
} satisfies Readonly<Record<string, readonly NamedField[]>>;

const off = { type: 'boolean', required: true, default: false } as const;
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
  oauth2: [
    { consumer: { type: 'foreign', reference: 'consumers', eq: null } },
    {
      config: {
        type: 'record',
        required: true,
        fields: [
          { scopes: texts },
          { mandatory_scope: off },
          { provision_key: { ...generated, required: true, unique: true } },
          { token_expiration: { type: 'number', required: true, default: 7200 } },
          { enable_authorization_code: off },
          { enable_implicit_grant: off },
          { enable_client_credentials: off },
          { enable_password_grant: off },
          { hide_credentials: off },
          { accept_http_if_already_terminated: off },
          { anonymous: text },
          { global_credentials: off },
          { auth_header_name: { type: 'string', default: 'authorization' } },
          { refresh_token_ttl: { type: 'number', required: true, default: 1209600 } },
          { reuse_refresh_token: off },
          { pkce: { type: 'string', default: 'lax', one_of: ['none', 'lax', 'strict'] } },
          { realm: text },
        ],
      },
    },
  ],
  'hmac-auth': [
    {
      config: {
        type: 'record',
        required: true,
        fields: [
          { hide_credentials: off },
          { clock_skew: { type: 'number', default: 300, gt: 0 } },
          { anonymous: text },
          { validate_request_body: off },
          { enforce_headers: { ...texts, default: [] } },
        ],
      },
    },
  ],
  // Its storage in Kong's own database has no settings: a record without fields.
  acme: [
    {
      config: {
        type: 'record',
        required: true,
        fields: [
          { account_email: { type: 'string', required: true } },
          { storage: { type: 'string', required: true, default: 'shm', one_of: ['kong', 'shm'] } },
          {
            storage_config: {
              type: 'record',
              required: true,
              fields: [
                {
                  shm: {
                    type: 'record',
                    required: true,
                    fields: [{ shm_name: { type: 'string', default: 'kong' } }],
                  },
                },
                { kong: { type: 'record', required: true, fields: [] } },
              ],
            },
          },
        ],
      },
    },
  ],
};
