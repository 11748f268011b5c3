// The token of a request: in the Authorization header, which stands there once, with the scheme Bearer (RFC 6750), and nowhere else.
import type { IncomingMessage } from 'node:http'

const AUTHORIZATION = 'authorization'
/** The scheme in any case, as RFC 9110 says. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i

export type Bearer = { readonly token: string } | { readonly missing: string }

export function bearerOf({ headers, rawHeaders }: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): Bearer {
  const value = headers[AUTHORIZATION]
  if (value === undefined) return { missing: 'a token is needed: Authorization: Bearer …' }
  // Node keeps the first of several, where a proxy may have looked at the last.
  if (countOf(rawHeaders) > 1) return { missing: 'Authorization is given more than once' }
  const token = BEARER.exec(value)?.[1]
  return token === undefined ? { missing: 'Authorization is not a Bearer token' } : { token }
}

function countOf(rawHeaders: readonly string[]): number {
  let count = 0
  for (let n = 0; n < rawHeaders.length; n += 2)
    if (rawHeaders[n]?.length === AUTHORIZATION.length && rawHeaders[n]?.toLowerCase() === AUTHORIZATION) count++
  return count
}
