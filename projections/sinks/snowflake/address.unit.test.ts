import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snowflakeAddress } from './address.ts'

test('a URL says where, as whom, and with what', () => {
  assert.deepEqual(snowflakeAddress('snowflake://me%40desk:p%40s%2Fs@MyOrg-Acc.eu/Db/schema_1?warehouse=wh&role=loader'), {
    account: 'MyOrg-Acc.eu',
    user: 'me@desk',
    password: 'p@s/s',
    privateKeyPath: undefined,
    database: 'DB',
    schema: 'SCHEMA_1',
    warehouse: 'WH',
    role: 'LOADER',
    accessUrl: undefined,
    gatherSeconds: undefined,
  })
  const { password, privateKeyPath, role, accessUrl, gatherSeconds } = snowflakeAddress(
    'snowflake://me@acc/D/S?warehouse=W&privateKeyPath=/etc/a b.p8&accessUrl=https://a.privatelink.example&gather=60',
  )
  assert.deepEqual(
    [password, privateKeyPath, role, accessUrl, gatherSeconds],
    [undefined, '/etc/a b.p8', undefined, 'https://a.privatelink.example', 60],
  )
})

test('what is wrong is said, and no secret with it', () => {
  const good = 'snowflake://me:secret@acc/D/S?warehouse=W'
  for (const [url, said] of [
    ['https://x', /^must be snowflake:\/\/USER:PASSWORD@ACCOUNT\/DATABASE\/SCHEMA\?warehouse=W&role=R$/],
    ['nonsense', /^must be snowflake/],
    ['snowflake://me:secret@/D/S?warehouse=W', /must be snowflake|names no account/],
    ['snowflake://acc/D/S?warehouse=W', /names no user/],
    ['snowflake://me@acc/D/S?warehouse=W', /neither a password .* nor privateKeyPath/],
    ['snowflake://me:%zzsecret@acc/D/S?warehouse=W', /write it as %25/],
    ['snowflake://me:secret@acc/D?warehouse=W', /must name a database/],
    ['snowflake://me:secret@acc/D/S/T?warehouse=W', /must name a database/],
    ['snowflake://me:secret@acc/D/a-b?warehouse=W', /must name a schema/],
    ['snowflake://me:secret@acc/D/S', /must name a warehouse/],
    ['snowflake://me:secret@acc/D/S?warehouse=W;DROP', /must name a warehouse/],
    ['snowflake://me:12?secret@acc/D/S?warehouse=W', /has a parameter that is none of/],
    [`${good}&warehouse=X`, /twice/],
    [`${good}&accessUrl=secret`, /accessUrl/],
    [`${good}&gather=0`, /gather/],
    [`${good}&gather=100000`, /gather/],
  ] as const)
    assert.throws(
      () => snowflakeAddress(url),
      (error) => error instanceof TypeError && said.test(error.message) && !error.message.includes('secret'),
      url,
    )
})
