// Promises: a mail server as a mailer sees one over HTTP: it takes a mail once for each Message-ID, answers slowly, and now and then its answer is lost though it has taken the mail.
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface MailServer extends AsyncDisposable {
  readonly url: string
  /** By Message-ID: how often it was sent. All of them were delivered once. */
  readonly sent: ReadonlyMap<string, number>
}

export async function mailServer(chance: () => number): Promise<MailServer> {
  const sent = new Map<string, number>()
  const server = createServer((request, response) => {
    const id = String(request.headers['message-id'])
    request.resume().on('end', () => {
      void sleep(chance() * 20).then(() => {
        sent.set(id, (sent.get(id) ?? 0) + 1)
        if (chance() < 0.15) request.socket.destroy()
        else void sleep(chance() * 20).then(() => response.end())
      })
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
