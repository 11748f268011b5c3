// A refusal may be known before the body has arrived. Closing the connection then would take the answer away from whoever is still sending; so the rest of the body is read and dropped first, up to
// a limit of bytes and time.
import type { IncomingMessage } from 'node:http'
import { MAX_UNREAD_BYTES, UNREAD_TIMEOUT_MS } from './limits.ts'

/** Whether a request has a body at all. */
export const hasBody = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

/** Calls back once: with true when the body is over, with false when it was not waited for any longer. */
export function afterBody(request: IncomingMessage, then: (complete: boolean) => void): void {
  if (request.complete || request.destroyed || !hasBody(request)) return then(true)
  let bytes = 0
  const finish = (): void => {
    clearTimeout(timer)
    request.off('data', count).off('end', finish).off('close', finish).off('error', finish)
    request.on('error', () => {})
    then(request.complete)
  }
  const count = (chunk: Buffer): void => {
    bytes += chunk.length
    if (bytes > MAX_UNREAD_BYTES) finish()
  }
  const timer = setTimeout(finish, UNREAD_TIMEOUT_MS)
  request.on('data', count).on('end', finish).on('close', finish).on('error', finish)
  request.resume()
}
