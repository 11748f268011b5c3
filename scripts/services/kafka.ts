// A real Apache Kafka 4.3.1 broker of one node from Maven Central's jars, each pinned by its hash.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { command, installed } from './install.ts'
import { freePorts, startService, type Service } from './service.ts'

export const KAFKA_VERSION = '4.3.1'
/** Any base64url UUID. */
const CLUSTER_ID = '4L6g3nShT-eMCtK--X86sw'

const HERE = join(import.meta.dirname, 'kafka')

const install = (): Promise<string> =>
  installed(`kafka-${KAFKA_VERSION}`, async (folder) => {
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`]
    await command('mvn', ['-B', '-q', '-f', join(HERE, 'pom.xml'), ...copy])
    await assertPinned(folder)
  })

/** Throws unless exactly the jars of jars.sha256 are there. */
async function assertPinned(folder: string): Promise<void> {
  const pinned = (await readFile(join(HERE, 'jars.sha256'), 'utf8')).trim().split('\n').toSorted()
  const files = await readdir(folder)
  const found = await Promise.all(files.map(async (file) => `${await sha256(join(folder, file))}  ${file}`))
  const odd = [...new Set(found).symmetricDifference(new Set(pinned))]
  if (odd.length > 0) throw new Error(`the jars are not those of scripts/services/kafka/jars.sha256:\n${odd.join('\n')}`)
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

export interface KafkaOptions {
  /** A port of 127.0.0.1 through which clients may come instead: those that do are sent there again. Answers the port behind it. */
  readonly proxied?: { readonly port: number; readonly forwardTo: (port: number) => void }
}

export const kafka = {
  name: 'Kafka',
  setting: 'STRATA_TEST_KAFKA_BROKERS',
  install,
  async start({ proxied }: KafkaOptions = {}): Promise<Service> {
    const jars = await install()
    const [port = 0, behindProxy = 0, controller = 0] = await freePorts(3)
    proxied?.forwardTo(behindProxy)
    const listeners = [
      { name: 'PLAIN', port, advertised: port },
      { name: 'PROXIED', port: behindProxy, advertised: proxied?.port ?? behindProxy },
    ]
    return startService({
      name: 'kafka',
      port,
      address: `127.0.0.1:${port}`,
      async prepare(folder) {
        await writeFile(join(folder, 'log4j2.properties'), LOGGING)
        await writeFile(join(folder, 'server.properties'), properties(folder, listeners, controller))
        const format = ['format', '--ignore-formatted', '-t', CLUSTER_ID, '-c', join(folder, 'server.properties')]
        await command('java', ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', `${jars}/*`, 'kafka.tools.StorageTool', ...format])
      },
      command: (folder) =>
        [
          ['java', '-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
          [`-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`, '-cp', `${jars}/*`],
          ['kafka.Kafka', join(folder, 'server.properties')],
        ].flat(),
    })
  },
} as const

interface Listener {
  readonly name: string
  readonly port: number
  readonly advertised: number
}

const properties = (folder: string, listeners: readonly Listener[], controller: number): string => `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
controller.listener.names=CONTROLLER
listeners=${listeners.map(({ name, port }) => `${name}://127.0.0.1:${port}`).join()},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=${listeners.map(({ name, advertised }) => `${name}://127.0.0.1:${advertised}`).join()}
listener.security.protocol.map=${listeners.map(({ name }) => `${name}:PLAINTEXT`).join()},CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAIN
log.dirs=${join(folder, 'data')}
log.retention.ms=-1
# one node: every topic has one replica
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# small and quick, for tests
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
# a broker that was killed is refused until its old session has run out
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
`

const LOGGING = `
status = error
rootLogger.level = warn
rootLogger.appenderRef.o.ref = OUT
appender.o.type = Console
appender.o.name = OUT
appender.o.layout.type = PatternLayout
appender.o.layout.pattern = [%d] %p %m (%c)%n
`
