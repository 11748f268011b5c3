// Promises: every setting there is, its meaning, default and limits, in one zod schema; where each value came from; and for a wrong one a
// sentence that names it. A flag beats the environment (or the file that it names), which beats the default; an empty value counts as none.

import { join } from 'node:path'
import { z } from 'zod'
import { isLoopback } from '../commands/http/loopback.ts'
import { publicKeyOf } from '../commands/http/public-key.ts'
import { snowflakeAddress } from '../projections/sinks/snowflake/address.ts'
import { kafkaPlace } from './kafka-brokers.ts'
import { nearest } from './nearest.ts'
import { settingFiles } from './setting-files.ts'

const wholeNumber = (least: number, most: number) => {
  const sentence = `must be a whole number from ${least} to ${most}`
  const inRange = (text: string) => /^\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= most
  return z.string().refine(inRange, sentence).transform(Number)
}
const url = (...schemes: readonly string[]) => {
  const sentence = `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`
  return z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)), sentence)
}
/** Several hosts, with ports, are no URL of the web. */
const mongoUrl = z
  .string()
  .refine(
    (text) => /^mongodb(\+srv)?:\/\/([^\s/?#]+@)?[^\s/?#@,]+(,[^\s/?#@,]+)*([/?]\S*)?$/.test(text),
    'must be a URL that begins with mongodb:// or mongodb+srv://, with one host or several separated by commas',
  )
const brokers = z
  .string()
  .refine(
    (text) => kafkaPlace(text) !== undefined,
    'must be host:port, or several separated by commas; then, if at all, a slash and what the topics begin with',
  )
const snowflakeUrl = z.string().superRefine((text, context) => {
  try {
    const { accessUrl } = snowflakeAddress(text)
    if (accessUrl !== undefined && isOpenToOthers(accessUrl))
      throw new TypeError('has an accessUrl that must begin with https:// unless it is of this machine: passwords are sent there')
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
  }
})
const publicKey = z
  .string()
  .transform((text) => text.replaceAll('\\n', '\n'))
  .refine((pem) => publicKeyOf(pem) !== undefined, 'must be a public key in PEM (RSA of 2048 bits or more, P-256 or Ed25519)')

const settingsSchema = z
  .object({
    databaseUrl: url('postgres', 'postgresql')
      .optional()
      .describe('the PostgreSQL database of the ledger; without it, an embedded one in the data directory'),
    dataDir: z.string().prefault('.strata').describe('where the embedded database and local files are'),
    host: z.string().prefault('127.0.0.1').describe('address to listen on'),
    port: wholeNumber(0, 65_535).prefault('7480').describe('port to listen on; 0: any free one'),
    partitions: wholeNumber(1, 256).prefault('16').describe('partitions of the ledger, 1 to 256, fixed when it is created'),
    lanes: wholeNumber(1, 32).prefault('3').describe("group commit's connections, 1 to 32"),
    auth: z.enum(['none', 'jwt'], 'must be none or jwt').prefault('none').describe('none (on a loopback address only) or jwt'),
    rateLimit: z
      .union([z.literal('off'), wholeNumber(1, 1_000_000)], 'must be off or a whole number from 1 to 1000000')
      .optional()
      .describe('commands a second per actor, or off; default off with auth none, else 500'),
    jwksUrl: url('https', 'http').optional().describe('where the keys that sign tokens are published'),
    jwtPublicKey: publicKey.optional().describe('the key that signs tokens, in PEM'),
    jwtIssuer: z.string().optional().describe('the issuer (iss) that a token must name'),
    jwtAudience: z.string().optional().describe('the audience (aud) that a token must name'),
    projections: z
      .enum(['on', 'off'], 'must be on or off')
      .prefault('on')
      .describe('whether this server runs projections; off: views are kept by other servers on the same ledger'),
    mongoUrl: mongoUrl.optional().describe('MongoDB for document views'),
    kafkaBrokers: brokers
      .optional()
      .describe('Kafka for the feed: host:port, separated by commas; with /PREFIX behind them, topics begin with that instead of strata'),
    snowflakeUrl: snowflakeUrl
      .optional()
      .describe('Snowflake for analytics: snowflake://USER:PASSWORD@ACCOUNT/DATABASE/SCHEMA?warehouse=W&role=R'),
    duckdbPath: z.string().optional().describe('the DuckDB file for analytics; default strata.duckdb in the data directory'),
  })
  .superRefine((settings, context) => {
    const refuse = (name: SettingName, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message, input: settings[name] })
    if (settings.auth === 'none' && !isLoopback(settings.host))
      refuse(
        'host',
        `${JSON.stringify(settings.host)} is not a loopback address, and without auth anyone there could write to the ledger: ` +
          'set STRATA_AUTH=jwt (and STRATA_JWKS_URL or STRATA_JWT_PUBLIC_KEY), or listen on 127.0.0.1',
      )
    const keys = [settings.jwksUrl, settings.jwtPublicKey].filter((key) => key !== undefined).length
    if (settings.auth === 'jwt' && keys === 0) refuse('auth', 'is jwt, which needs STRATA_JWKS_URL or STRATA_JWT_PUBLIC_KEY')
    if (settings.jwksUrl !== undefined && isOpenToOthers(settings.jwksUrl))
      refuse('jwksUrl', 'must begin with https:// unless it is of this machine: who can change the keys on their way can sign any token')
    if (keys === 2) refuse('jwtPublicKey', 'and STRATA_JWKS_URL are both set: choose one')
  })
  .transform((settings) => ({
    ...settings,
    rateLimit: settings.rateLimit ?? (settings.auth === 'none' ? ('off' as const) : DEFAULT_RATE_LIMIT),
    duckdbPath: settings.duckdbPath ?? join(settings.dataDir, 'strata.duckdb'),
  }))

const isOpenToOthers = (address: string): boolean => {
  const { protocol, hostname } = new URL(address)
  return protocol === 'http:' && !isLoopback(hostname.replace(/^\[|\]$/g, ''))
}

const DEFAULT_RATE_LIMIT = 500

export type Settings = Readonly<z.output<typeof settingsSchema>>
export type SettingName = keyof z.input<typeof settingsSchema>
export type SettingSource = 'flag' | 'environment' | 'file' | 'default'
export type Setting = Readonly<{ name: SettingName; environment: string; flag: string; description: string }>

/** One per setting, in the order in which they are shown. */
export const settingsList: readonly Setting[] = Object.entries(settingsSchema.in.shape).map(([name, schema]) => {
  const words = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return {
    name: name as SettingName,
    environment: `STRATA_${words.replaceAll('-', '_').toUpperCase()}`,
    flag: `--${words}`,
    description: schema.description ?? '',
  }
})

/** Flags by setting name, as commander gives them (`--data-dir` is `dataDir`). */
export type Flags = Readonly<Partial<Record<SettingName, string>>>
export type ReadSettings =
  | Readonly<{ ok: true; settings: Settings; sources: Readonly<Record<SettingName, SettingSource>> }>
  /** A sentence each. The program says them and exits with 2. */
  | Readonly<{ ok: false; problems: readonly string[] }>

export function readSettings(surroundings: Readonly<Record<string, string | undefined>>, flags: Flags = {}): ReadSettings {
  const variables = settingsList.map((setting) => setting.environment)
  const { environment, files, problems: unread } = settingFiles(surroundings, variables)
  const given: Partial<Record<SettingName, string>> = {}
  const sources: Partial<Record<SettingName, SettingSource>> = {}
  for (const { name, environment: variable } of settingsList) {
    const value = flags[name] || environment[variable] || files[variable] || undefined
    sources[name] = flags[name] ? 'flag' : environment[variable] ? 'environment' : value === undefined ? 'default' : 'file'
    if (value !== undefined) given[name] = value
  }
  const parsed = settingsSchema.safeParse(given)
  const problems = [
    ...unread,
    ...unknownVariables(environment),
    ...(parsed.success ? [] : parsed.error.issues.map((issue) => sentence(issue, sources))),
  ]
  if (!parsed.success || problems.length > 0) return { ok: false, problems }
  return { ok: true, settings: parsed.data, sources: sources as Record<SettingName, SettingSource> }
}

// The value itself is not repeated: it may be a secret.
function sentence(issue: z.core.$ZodIssue, sources: Partial<Record<SettingName, SettingSource>>): string {
  const setting = settingsList.find(({ name }) => name === issue.path[0])
  if (setting === undefined) return issue.message
  const { flag, environment } = setting
  const named = { flag, environment, file: `${environment}_FILE: the value`, default: environment }[sources[setting.name] ?? 'default']
  return `${named} ${issue.message}`
}

/** STRATA_TEST_ names belong to the tests. */
function unknownVariables(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = settingsList.map((setting) => setting.environment)
  return Object.keys(environment)
    .filter((name) => name.startsWith('STRATA_') && !name.startsWith('STRATA_TEST_') && !known.includes(name))
    .map((name) => `${name} is not a setting of Strata; did you mean ${nearest(name, known)}?`)
}
