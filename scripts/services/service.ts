// Promises: a server of somebody else's, run by us on 127.0.0.1 in a folder of its own that goes with it. It can be stopped, killed and started again, on the same data and port. It ends with the
// process that started it, however that ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const READY_WITHIN_MS = 120_000
const STOPPED_WITHIN_MS = 30_000
const POLL_MS = 50
const LAST_WORDS_CHARACTERS = 2_000

export interface Service extends AsyncDisposable {
  /** What a client connects to. */
  readonly address: string
  start(): Promise<void>
  stop(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
}

export interface ServiceDefinition {
  readonly name: string
  readonly port: number
  readonly address: string
  /** What to run, given its folder. */
  readonly command: (folder: string) => readonly string[]
  /** Once, before the first start. */
  readonly prepare?: (folder: string) => Promise<unknown>
  /** After it accepts connections, every time. */
  readonly whenUp?: () => Promise<void>
}

/** Started when this resolves. */
export async function startService({ name, port, address, command, prepare, whenUp }: ServiceDefinition): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), `strata-${name}-`))
  let child: ChildProcess | undefined

  async function start(): Promise<void> {
    const started = await launch(command(folder), join(folder, 'log'))
    child = started
    try {
      await accepts(port, started)
      await whenUp?.()
    } catch (error) {
      started.kill('SIGKILL')
      const log = await readFile(join(folder, 'log'), 'utf8').catch(() => '')
      throw new Error(`${name} did not start: ${log.slice(-LAST_WORDS_CHARACTERS)}`, { cause: error })
    }
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child
    child = undefined
    if (!ending || hasEnded(ending)) return
    const gone = once(ending, 'exit')
    ending.kill(signal)
    const timer = setTimeout(() => ending.kill('SIGKILL'), STOPPED_WITHIN_MS)
    await gone
    clearTimeout(timer)
  }
  async function remove(): Promise<void> {
    await end('SIGKILL')
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }

  try {
    await prepare?.(folder)
    await start()
  } catch (error) {
    await remove()
    throw error
  }
  return { address, start, stop: () => end('SIGTERM'), kill: () => end('SIGKILL'), [Symbol.asyncDispose]: remove }
}

async function launch(command: readonly string[], logPath: string): Promise<ChildProcess> {
  // Linux tells it when we are gone: a test that is killed leaves no server behind.
  const [program = '', ...args] = process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL', '--', ...command] : command
  await using log = await open(logPath, 'a')
  // Of a group of its own, so that a Ctrl-C stops it in our order.
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log.fd, log.fd] })
  await once(child, 'spawn')
  return child
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

async function accepts(port: number, child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + READY_WITHIN_MS; !(await canConnect(port)); await sleep(POLL_MS)) {
    if (hasEnded(child)) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`)
    if (Date.now() > deadline) throw new Error(`it did not listen on port ${port} within ${READY_WITHIN_MS / 1_000} s`)
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const answer = (yes: boolean) => () => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('connect', answer(true)).once('error', answer(false))
  })
}

/** Ports of 127.0.0.1 that nobody has now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => {
    const address = server.address()
    return address !== null && typeof address === 'object' ? address.port : 0
  })
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}
