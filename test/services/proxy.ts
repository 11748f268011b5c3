// Promises: a TCP proxy of 127.0.0.1 that can lose answers: what a client sends gets through and is done, and the connection is cut before it hears of that.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface Proxy extends AsyncDisposable {
  readonly port: number
  forwardTo(port: number): void
  /** Loses the answers to the next `count` requests that are such. Protocols with one request at a time on a connection only: what is sent in one piece is taken for one request. */
  loseAnswers(count: number, isSuch: (request: Buffer) => boolean): void
  /** Answers lost so far. */
  readonly lost: number
}

export async function proxy(): Promise<Proxy> {
  let target = 0
  let left = 0
  let lost = 0
  let isMeant: (request: Buffer) => boolean = () => false
  const open = new Set<Socket>()

  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    let dooms = false
    const end = (): void => {
      client.destroy()
      upstream.destroy()
      open.delete(client)
    }
    open.add(client)
    client.setNoDelay(true)
    upstream.setNoDelay(true)
    client.on('data', (request: Buffer) => {
      if (left > 0 && !dooms && isMeant(request)) {
        left--
        dooms = true
      }
      upstream.write(request)
    })
    upstream.on('data', (answer: Buffer) => {
      if (!dooms) return void client.write(answer)
      lost++
      end()
    })
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    forwardTo: (port) => void (target = port),
    loseAnswers(count, isSuch) {
      left = count
      isMeant = isSuch
    },
    get lost() {
      return lost
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
}
