// What is not HTTP, or too much of it, never becomes a request: it is answered with a problem on the bare socket, which is then closed. A request that came before it on the same connection gets its
// answer first.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { problem } from '../problem.ts'
import { PROBLEM_TYPE, problemText } from './problems.ts'

const CLOSE_WITHIN_MS = 1_000

const details: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'the request line and the headers are too long',
  ERR_HTTP_REQUEST_TIMEOUT: 'the request did not arrive in time',
}

/** The response that Node is about to write, if any: there is no public name for it. */
const pendingResponse = (socket: Socket): (ServerResponse & { readonly req: IncomingMessage }) | null | undefined =>
  (socket as Socket & { readonly _httpMessage?: (ServerResponse & { readonly req: IncomingMessage }) | null })._httpMessage

export function clientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || socket.writableEnded) return
  const pending = pendingResponse(socket)
  if (pending?.req.complete) {
    pending.once('close', () => socket.destroySoon())
    return
  }
  if (pending?.headersSent || !socket.writable) {
    socket.destroy()
    return
  }
  const text = problemText(problem('invalid_request', details[error.code ?? ''] ?? 'this is not HTTP'), '*')
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(text)}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${text}`,
  )
  setTimeout(() => socket.destroy(), CLOSE_WITHIN_MS).unref()
}
