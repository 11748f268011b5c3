import { after, before } from 'node:test'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { sinkContract } from './contract.testing.ts'
import { postgresSink } from './postgres.ts'
import type { Sink } from './sink.ts'

let db: TestDatabase
let sink: Sink
let elsewhere: Sink

before(async () => {
  db = await testDatabase()
  sink = postgresSink({ url: db.url })
  elsewhere = postgresSink({ url: db.url, schema: 'as of: "T"' })
})
after(async () => {
  await sink[Symbol.asyncDispose]()
  await elsewhere[Symbol.asyncDispose]()
  await db.drop()
})

const behindPort = (port: number): string => {
  const url = new URL(db.url)
  url.port = String(port)
  return url.href
}

sinkContract('postgres', () => sink, {
  behind: {
    port: () => Number(new URL(db.url).port),
    sink: (port) => postgresSink({ url: behindPort(port) }),
    isWrite: (request) => request.includes('write "views".'),
  },
})
sinkContract('postgres, in a schema of its own', () => elsewhere)
