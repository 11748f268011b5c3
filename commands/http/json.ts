// Bytes to a JSON value: valid UTF-8, valid JSON, and no member named `__proto__`, which some reader would take for more than a name.
import { isUtf8 } from 'node:buffer'
import { parse } from 'secure-json-parse'
import { problem, type Problem } from '../problem.ts'

export type ParsedJson = { readonly value: unknown } | { readonly problem: Problem }

const wrong = (detail: string): ParsedJson => ({
  problem: problem('invalid_request', `the body ${detail}`, { errors: [{ pointer: '', detail }] }),
})

export function parseJson(bytes: Buffer): ParsedJson {
  if (!isUtf8(bytes)) return wrong('is not valid UTF-8')
  try {
    return { value: parse(bytes.toString('utf8')) }
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    if (message.includes('forbidden prototype')) return wrong('has a member named __proto__, or constructor with prototype')
    const place = /at position \d+/.exec(message)?.[0]
    return wrong(`is not valid JSON${place ? `, ${place}` : ''}`)
  }
}
