// Promises: what a database, a folder or a port refuses, as one sentence that names it and says what to do. Passwords are never in it.

import { CommandFailed } from './exit.ts'

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '')
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Why the database of a URL could not be used. An error that is not about that comes back as it is. */
export function explainConnection(error: unknown, url: string): unknown {
  const cause = rootOf(error)
  const { hostname, port, username, pathname } = new URL(url)
  const where = `${hostname}:${port || '5432'}`
  const database = decodeURIComponent(pathname.slice(1)) || username
  const sentence = connectionSentence(cause, { where, hostname, database, user: decodeURIComponent(username) })
  return sentence === undefined ? error : new CommandFailed(sentence, { cause: error })
}

/** pg wraps what the network says, and for a name with several addresses there are several. */
function rootOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0])
  return error instanceof Error && error.cause !== undefined && codeOf(error) === '' ? rootOf(error.cause) : error
}

interface Target {
  readonly where: string
  readonly hostname: string
  readonly database: string
  readonly user: string
}

function connectionSentence(error: unknown, { where, hostname, database, user }: Target): string | undefined {
  const code = codeOf(error)
  const message = messageOf(error)
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the database's host ${hostname} is not known: is STRATA_DATABASE_URL right?`
    case '28P01':
    case '28000':
      if (/no encryption/.test(message))
        return `the database at ${where} takes encrypted connections only: add sslmode=verify-full to STRATA_DATABASE_URL`
      return `the database at ${where} refuses the login of ${user || 'the user'}: check name and password in STRATA_DATABASE_URL`
    case '3D000':
      return `there is no database ${database} at ${where}: create it, or name another one in STRATA_DATABASE_URL`
    case '42501':
      return `${user} may not do that in the database ${database}: ${message} (a server's login needs the role strata_server; migrate needs the database's owner)`
    case '53300':
      return `the database at ${where} takes no more connections: ${message}`
    case '57P03':
      return `the database at ${where} is not ready yet: ${message}; try again in a moment`
  }
  const tls = tlsSentence(code, message, where)
  if (tls !== undefined) return tls
  if (/^(ECONN|EHOST|ENET|ETIMEDOUT|EPIPE|08|57P)/.test(code) || /timeout|Connection terminated|timed out/i.test(message))
    return `the database at ${where} does not answer (${message || code}): is PostgreSQL running there, and is STRATA_DATABASE_URL right?`
  if (/SSL|certificate|self-signed|SASL|password|sslmode/i.test(`${code} ${message}`))
    return `the database at ${where} can not be logged in to: ${message}`
  return undefined
}

/** What a handshake can fail of: the database's certificate, the file that it is checked by, or TLS as such. */
function tlsSentence(code: string, message: string, where: string): string | undefined {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `the certificate of the database at ${where} is for another host: ${message}; name the host in STRATA_DATABASE_URL as the certificate does`
  if (/^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_|CERT_)/.test(code))
    return `the certificate of the database at ${where} can not be trusted: ${message}; if an authority of your own has signed it, name the authority's certificate with sslrootcert=FILE in STRATA_DATABASE_URL`
  if (/does not support SSL/.test(message))
    return `the database at ${where} takes no encrypted connections, and STRATA_DATABASE_URL asks for one: set ssl = on there, or check host and port`
  if (/, (open|read)\b/.test(message) || /PEM|ERR_OSSL/.test(`${code} ${message}`))
    return `a file that STRATA_DATABASE_URL names (sslrootcert, sslcert, sslkey) can not be used: ${message}`
  return undefined
}

const FOLDER: Readonly<Record<string, string>> = {
  EACCES: 'may not be written by this user',
  EPERM: 'may not be written by this user',
  EROFS: 'is on a read-only file system',
  ENOSPC: 'is on a full disk',
  EDQUOT: 'is over its quota',
  ENOTDIR: 'is not a folder',
  EEXIST: 'is not a folder',
  ENAMETOOLONG: 'has too long a name',
}

/** Why there is no embedded database in a data directory. What the embedded server throws without a code is a sentence already. */
export function explainFolder(error: unknown, dataDir: string): unknown {
  const code = codeOf(error)
  const reason = FOLDER[code]
  if (reason !== undefined)
    return new CommandFailed(
      `the data directory ${dataDir} ${reason}: choose another with STRATA_DATA_DIR or --data-dir, or set STRATA_DATABASE_URL (${messageOf(error)})`,
      { cause: error },
    )
  return error instanceof Error && code === '' && error.constructor === Error ? new CommandFailed(error.message, { cause: error }) : error
}

export function explainListen(error: unknown, host: string, port: number): unknown {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new CommandFailed(
        `port ${port} of ${host} is in use, by another server perhaps: stop it, or choose another with STRATA_PORT or --port (0: any free one)`,
      )
    case 'EACCES':
      return new CommandFailed(`port ${port} may not be used by this user: choose one above 1023 with STRATA_PORT or --port`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CommandFailed(`${host} is not an address of this machine: choose another with STRATA_HOST or --host`)
  }
  return error
}
