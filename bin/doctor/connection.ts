// What the doctor looks at in the connection itself: whether others can read what goes over it. `strata start` says the same when it finds something.

import { TLSSocket } from 'node:tls'
import type pg from 'pg'
import { isLoopback } from '../../commands/http/loopback.ts'
import { type Finding, ok, warn } from './check.ts'

const ADVICE = 'add sslmode=verify-full to STRATA_DATABASE_URL, and sslrootcert=FILE for an authority of your own'

/** Of a client that is connected. */
export function connection({ host, connection: { stream } }: pg.Client): Finding {
  if (stream instanceof TLSSocket)
    return stream.authorized
      ? ok(`${stream.getProtocol()}, to a server whose certificate is good for ${host}`)
      : warn(
          `the connection to ${host} is encrypted, but nobody checks to whom: whoever is in between can read and change all of it`,
          ADVICE,
        )
  if (host.startsWith('/') || isLoopback(host)) return ok('on this machine')
  return warn(`the connection to ${host} is not encrypted: whoever is in between can read and change all of it`, ADVICE)
}
