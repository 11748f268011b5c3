// Where a Snowflake account is and as whom to come there, from one URL: snowflake://USER:PASSWORD@ACCOUNT/DATABASE/SCHEMA?warehouse=W&role=R. Pure.

export interface SnowflakeAddress {
  readonly account: string
  readonly user: string
  /** Of the user; where there is a key, of that. */
  readonly password: string | undefined
  /** A file with the private key, in PEM. */
  readonly privateKeyPath: string | undefined
  /** In capital letters, as Snowflake keeps what is not quoted. */
  readonly database: string
  readonly schema: string
  readonly warehouse: string
  /** Default: the user's own. */
  readonly role: string | undefined
  /** Instead of the account's own address: of a stand-in, or a private link. */
  readonly accessUrl: string | undefined
  /** How long what comes one by one gathers, in seconds; default: as the sink says. */
  readonly gatherSeconds: number | undefined
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_$]{0,254}$/
const ACCOUNT = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/
const PARAMETERS = ['warehouse', 'role', 'accessUrl', 'privateKeyPath', 'gather']
export const MAX_GATHER_SECONDS = 86_400

/** Throws TypeError: a sentence without its subject, and without what may be secret in it. */
export function snowflakeAddress(text: string): SnowflakeAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'snowflake:') throw new TypeError(`must be ${SHAPE}`)
  const { searchParams: parameters } = url
  // Which one is not said: where a password was not written as it has to be, it is a part of that.
  if ([...parameters.keys()].some((name) => !PARAMETERS.includes(name)))
    throw new TypeError(`has a parameter that is none of ${PARAMETERS.join(', ')}`)
  if (new Set(parameters.keys()).size !== parameters.size) throw new TypeError('has a parameter twice')
  const given = (name: string): string | undefined => parameters.get(name) || undefined
  const [user, password] = [decoded(url.username), decoded(url.password)]
  const privateKeyPath = given('privateKeyPath')
  if (!ACCOUNT.test(url.host)) throw new TypeError(`names no account between @ and /: it must be ${SHAPE}`)
  if (!user) throw new TypeError(`names no user before the @: it must be ${SHAPE}`)
  if (!password && privateKeyPath === undefined) throw new TypeError('has neither a password (USER:PASSWORD@) nor privateKeyPath=FILE')
  const path = /^\/([^/]*)\/([^/]*)$/.exec(url.pathname)
  const name = (what: string, identifier: string | undefined): string => {
    if (identifier !== undefined && IDENTIFIER.test(identifier)) return identifier.toUpperCase()
    throw new TypeError(`must name a ${what} of letters, digits, _ and $: it must be ${SHAPE}`)
  }
  const role = given('role')
  return {
    account: url.host,
    user,
    password: password || undefined,
    privateKeyPath,
    database: name('database', path?.[1]),
    schema: name('schema', path?.[2]),
    warehouse: name('warehouse', given('warehouse')),
    role: role === undefined ? undefined : name('role', role),
    accessUrl: webAddress(given('accessUrl')),
    gatherSeconds: seconds(given('gather')),
  }
}

const SHAPE = 'snowflake://USER:PASSWORD@ACCOUNT/DATABASE/SCHEMA?warehouse=W&role=R'

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new TypeError('has a % before the @ that is not of %XX: write it as %25')
  }
}

function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))) return text
  throw new TypeError('has an accessUrl that does not begin with https:// or http://')
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_GATHER_SECONDS) return Number(text)
  throw new TypeError(`has a gather that is not a whole number of seconds, from 1 to ${MAX_GATHER_SECONDS}`)
}
