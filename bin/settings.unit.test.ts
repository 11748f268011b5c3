import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isLoopback } from '../commands/http/loopback.ts'
import { kafkaPlace } from './kafka-brokers.ts'
import { maskSecrets } from './mask-secrets.ts'
import { settingsTable } from './settings-table.ts'
import { type Flags, readSettings, settingsList } from './settings.ts'

function good(environment: Record<string, string>, flags: Flags = {}) {
  const read = readSettings(environment, flags)
  assert.ok(read.ok, JSON.stringify(read))
  return read
}

function problem(environment: Record<string, string>, flags: Flags = {}): string {
  const read = readSettings(environment, flags)
  assert.ok(!read.ok)
  return read.problems.join('\n')
}

const pem = (type: 'ed25519' | 'x25519') => {
  const pair = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519')
  return {
    public: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    private: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

test('the names are those of INTERFACE', () => {
  const names =
    'DATABASE_URL DATA_DIR HOST PORT PARTITIONS LANES AUTH RATE_LIMIT JWKS_URL JWT_PUBLIC_KEY JWT_ISSUER JWT_AUDIENCE PROJECTIONS MONGO_URL KAFKA_BROKERS SNOWFLAKE_URL DUCKDB_PATH'
  assert.deepEqual(
    settingsList.map(({ environment }) => environment),
    names.split(' ').map((name) => `STRATA_${name}`),
  )
  assert.ok(settingsList.every(({ description }) => description.length > 0))
  assert.equal(settingsList[0]?.flag, '--database-url')
})

test('defaults', () => {
  const { settings, sources } = good({ HOME: '/x' })
  assert.deepEqual(settings, {
    dataDir: '.strata',
    host: '127.0.0.1',
    port: 7480,
    partitions: 16,
    lanes: 3,
    auth: 'none',
    projections: 'on',
    rateLimit: 'off',
    duckdbPath: '.strata/strata.duckdb',
  })
  assert.deepEqual(new Set(Object.values(sources)), new Set(['default']))
})

test('a flag beats the environment, which beats the default; empty is none', () => {
  const { settings, sources } = good({ STRATA_PORT: '1', STRATA_LANES: '4', STRATA_DATABASE_URL: '' }, { port: '0' })
  assert.deepEqual([settings.port, sources.port], [0, 'flag'])
  assert.deepEqual([settings.lanes, sources.lanes], [4, 'environment'])
  assert.deepEqual([settings.databaseUrl, sources.databaseUrl], [undefined, 'default'])
})

test('limits', () => {
  for (const [name, values] of Object.entries({
    STRATA_PARTITIONS: ['0', '257', '1.5', 'x', '-1', '1e2', ' 3'],
    STRATA_LANES: ['0', '33'],
    STRATA_PORT: ['65536', '-1', '80a'],
    STRATA_RATE_LIMIT: ['0', 'on'],
    STRATA_AUTH: ['basic'],
    STRATA_DATABASE_URL: ['localhost:5432', 'mysql://u:p@h/d'],
    STRATA_MONGO_URL: ['http://x', 'mongodb:///x', 'mongodb://a,,b/x', 'mongodb://u:p@/x'],
    STRATA_KAFKA_BROKERS: ['a', 'a:1,', 'a:1 b:2'],
    STRATA_SNOWFLAKE_URL: ['https://x'],
    STRATA_JWKS_URL: ['ftp://x'],
    STRATA_JWT_PUBLIC_KEY: ['nonsense', pem('x25519').public, pem('ed25519').private],
  }))
    for (const value of values) {
      const said = problem({ [name]: value })
      assert.ok(said.startsWith(`${name} must be`), said)
      assert.ok(value.length < 6 || !said.includes(value), 'a value is never repeated')
    }
  assert.match(problem({}, { port: 'x' }), /^--port must be/)
  assert.equal(good({ STRATA_PARTITIONS: '256', STRATA_LANES: '32', STRATA_PORT: '65535' }).settings.partitions, 256)
  const several = 'mongodb://user:p%40ss@a:27017,b:27017,[::1]:27018/strata?replicaSet=rs0&tls=true'
  assert.equal(good({ STRATA_MONGO_URL: several }).settings.mongoUrl, several)
  assert.deepEqual(kafkaPlace('a:1, [::1]:2'), { brokers: ['a:1', '[::1]:2'], prefix: 'strata' })
  assert.deepEqual(kafkaPlace('a:1,b:2/desk-2.eu'), { brokers: ['a:1', 'b:2'], prefix: 'desk-2.eu' })
  const account = 'snowflake://me:p%40ss@org-acc/db/SCHEMA_1?warehouse=w&role=r'
  assert.equal(good({ STRATA_SNOWFLAKE_URL: account }).settings.snowflakeUrl, account)
  good({ STRATA_SNOWFLAKE_URL: `${account}&accessUrl=http://127.0.0.1:8085` })
  assert.match(problem({ STRATA_SNOWFLAKE_URL: `${account}&accessUrl=http://elsewhere` }), /must begin with https/)
  assert.match(problem({ STRATA_SNOWFLAKE_URL: account.replace('SCHEMA_1', '') }), /^STRATA_SNOWFLAKE_URL must name a schema/)
  for (const wrong of ['a', 'a:1,', 'a:1/', 'a:1/x/y', 'a:1/x y', 'a:1,b/x']) assert.equal(kafkaPlace(wrong), undefined, wrong)
})

test('all that is wrong is said at once', () => {
  assert.equal(problem({ STRATA_PORT: 'x', STRATA_LANES: 'y', STRATA_NOPE: 'z' }).split('\n').length, 3)
})

test('an unknown name is an error that suggests the nearest', () => {
  assert.match(problem({ STRATA_DATABSE_URL: 'x' }), /STRATA_DATABSE_URL .* did you mean STRATA_DATABASE_URL\?/)
  good({ STRATA_TEST_DATABASE_URL: 'x', STRATAGEM: 'y' })
})

test('a setting may stand in a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'strata-settings-'))
  const path = join(folder, 'lanes')
  try {
    await writeFile(path, '7\n')
    const { settings, sources } = good({ STRATA_LANES_FILE: path, STRATA_PORT_FILE: '' })
    assert.deepEqual([settings.lanes, sources.lanes, sources.port], [7, 'file', 'default'])
    assert.equal(good({ STRATA_LANES_FILE: path }, { lanes: '5' }).settings.lanes, 5)
    assert.match(problem({ STRATA_LANES_FILE: path, STRATA_LANES: '3' }), /STRATA_LANES and STRATA_LANES_FILE are both set: choose one/)
    assert.match(problem({ STRATA_LANES_FILE: join(folder, 'none') }), /STRATA_LANES_FILE can not be read: ENOENT/)
    assert.match(problem({ STRATA_LANE_FILE: path }), /STRATA_LANE_FILE is not a setting/)
    await writeFile(path, 'a secret')
    assert.match(problem({ STRATA_LANES_FILE: path }), /^STRATA_LANES_FILE: the value must be a whole number from 1 to 32$/)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('without auth it listens on loopback only', () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.4', 'example.com', '127.0.0.1.example.com', '::ffff:10.0.0.1']) {
    assert.match(problem({ STRATA_HOST: host }), /auth.*STRATA_AUTH=jwt/)
    good({ STRATA_HOST: host, STRATA_AUTH: 'jwt', STRATA_JWKS_URL: 'https://issuer.example/jwks' })
  }
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost', '::ffff:127.0.0.1']) assert.ok(isLoopback(host), host)
})

test('jwt needs a key, one, and limits the rate', () => {
  const { public: key } = pem('ed25519')
  assert.match(problem({ STRATA_AUTH: 'jwt' }), /STRATA_AUTH .*STRATA_JWKS_URL or STRATA_JWT_PUBLIC_KEY/)
  assert.match(problem({ STRATA_AUTH: 'jwt', STRATA_JWKS_URL: 'https://x/y', STRATA_JWT_PUBLIC_KEY: key }), /choose one/)
  const { settings } = good({ STRATA_AUTH: 'jwt', STRATA_JWT_PUBLIC_KEY: key.trim().replaceAll('\n', '\\n') })
  assert.equal(settings.jwtPublicKey, key.trim())
  assert.equal(settings.rateLimit, 500)
})

test('secrets are masked', () => {
  assert.equal(maskSecrets('postgres://u:p%40w@h:5432/d?sslmode=require'), 'postgres://u:***@h:5432/d?sslmode=require')
  assert.equal(maskSecrets('failed: mongodb+srv://u:p@ss@h/d, retrying'), 'failed: mongodb+srv://u:***@h/d, retrying')
  assert.equal(maskSecrets('postgres://h/d?user=u&password=x&a=b'), 'postgres://h/d?user=u&password=***&a=b')
  assert.equal(maskSecrets('http://127.0.0.1:7480/v1/trades/trade:a@b:T'), 'http://127.0.0.1:7480/v1/trades/trade:a@b:T')
  const rows = settingsTable(
    good({ STRATA_SNOWFLAKE_URL: 'snowflake://me:secret@acc/D/S?warehouse=W', STRATA_DATABASE_URL: 'postgres://u:secret@h/d' }),
  )
  assert.ok(!JSON.stringify(rows).includes('secret'))
  assert.deepEqual(
    rows.find(({ name }) => name === 'STRATA_DATABASE_URL'),
    {
      name: 'STRATA_DATABASE_URL',
      flag: '--database-url',
      value: 'postgres://u:***@h/d',
      source: 'environment',
    },
  )
  assert.deepEqual(rows.find(({ name }) => name === 'STRATA_MONGO_URL')?.value, null)
})
