// What the sources that ask a ledger over HTTP share: its address, a token, and what its answers mean.
import { ForeignCursor, Refused } from '../failure.ts'

export interface LedgerAddress {
  /** `http://127.0.0.1:7480` */
  readonly url: string
  /** A token, or what gives one each time that one is needed. */
  readonly token?: string | (() => string | Promise<string>)
}

export interface FeedChoice extends LedgerAddress {
  readonly kinds?: readonly string[]
  readonly owner?: string
}

/** The server can not take it now: it is tried again. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
}

const TRY_AGAIN: readonly number[] = [408, 425, 429]
export const ANSWER_MS = 30_000

type Query = Readonly<Record<string, string | number | undefined>>

/** Undefined parameters are left out. Throws Refused where it is no use to ask again. */
export async function ask(
  { url, token }: LedgerAddress,
  path: string,
  query: Query,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const address = new URL(`${url.replace(/\/$/, '')}/v1${path}`)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) address.searchParams.set(name, String(value))
  const bearer = typeof token === 'function' ? await token() : token
  const response = await fetch(address, {
    headers: { ...headers, ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) },
    signal,
  })
  if (response.ok) return response
  throw failureOf(response.status, await response.text(), typeof token === 'function')
}

/** A document, whole and in time. */
export async function askJson<Shape>(address: LedgerAddress, path: string, query: Query, signal: AbortSignal): Promise<Shape> {
  const response = await ask(address, path, query, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]))
  return (await response.json()) as Shape
}

function failureOf(status: number, text: string, mayHaveOtherToken: boolean): Error {
  const { code, detail } = problemIn(text)
  const message = `the ledger answers ${status}${code === undefined ? '' : ` ${code}`}: ${detail ?? text.slice(0, 200)}`
  if (status >= 500 || TRY_AGAIN.includes(status) || (status === 401 && mayHaveOtherToken)) return new Unanswered(message)
  return code === 'foreign_cursor' ? new ForeignCursor() : new Refused(code ?? String(status), message)
}

function problemIn(text: string): { readonly code?: string; readonly detail?: string } {
  try {
    return JSON.parse(text) as { readonly code?: string; readonly detail?: string }
  } catch {
    return {}
  }
}

/** A cursor belongs to what was asked for, so the name tells that. */
export const feedName = ({ kinds, owner }: FeedChoice): string =>
  ['feed', ...(kinds ? [`kinds=${kinds.toSorted().join()}`] : []), ...(owner === undefined ? [] : [`owner=${owner}`])].join(' ')

export const feedQuery = ({ kinds, owner }: FeedChoice) => ({ kinds: kinds?.join(), owner })
