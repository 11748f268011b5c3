// What a route says of itself, for the description of the API: every room gives its routes one, as Fastify's `config.operation`, which Fastify itself does not look at. The way in assembles them.
import type {} from 'fastify'
import type { z } from 'zod'
import type { Scope } from '../principal.ts'
import type { JsonSchema } from './component.ts'
import { askedShape } from './json-schema.ts'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  /** Of a list: separated by commas. */
  readonly style?: 'form'
  readonly explode?: boolean
  readonly required?: boolean
  readonly description?: string
  readonly schema: JsonSchema
  readonly example?: unknown
}

export interface Header {
  readonly description: string
  readonly schema: JsonSchema
}

export interface Content {
  readonly schema: JsonSchema
  readonly example?: unknown
}

/** By media type. */
export type Contents = Readonly<Record<string, Content>>

export interface Answer {
  readonly description: string
  readonly content?: Contents
  readonly headers?: Readonly<Record<string, Header>>
}

export interface Operation {
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly parameters: readonly Parameter[]
  readonly body?: { readonly required: boolean; readonly description?: string; readonly content: Contents }
  /** By status: every answer that is not a problem, or not only one. */
  readonly answers: Readonly<Record<number, Answer>>
  /** Codes of the problems that it can answer with, each known to commands/problem.ts or commands/rejection.ts. */
  readonly problems: readonly string[]
  /** Any of these lets a token in; none: nobody is asked for one. */
  readonly scopes: readonly Scope[]
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly operation?: Operation
  }
}

/** The parameters of a query, from the schema that checks it. */
export function queryParameters(schema: z.ZodType, descriptions: Readonly<Record<string, string>> = {}): readonly Parameter[] {
  const { properties = {}, required = [] } = askedShape(schema) as {
    readonly properties?: Readonly<Record<string, JsonSchema>>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, shape]) => {
    const description = descriptions[name]
    return {
      name,
      in: 'query',
      ...(required.includes(name) && { required: true }),
      ...(description !== undefined && { description }),
      schema: shape,
    }
  })
}

export const JSON_TYPE = 'application/json'
export const NDJSON_TYPE = 'application/x-ndjson'
export const EVENT_STREAM_TYPE = 'text/event-stream'

/** What any route can answer before it knows what is asked, or when it can not find out. */
export const ANY_PROBLEMS: readonly string[] = ['invalid_request', 'internal_error']
/** Of a route that reads the ledger. */
export const READ_PROBLEMS: readonly string[] = [...ANY_PROBLEMS, 'unauthenticated', 'forbidden', 'unavailable']
