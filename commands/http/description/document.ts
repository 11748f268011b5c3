// The description of the API (OpenAPI 3.1), assembled from what every registered route says of itself.
import { hoist } from '../../../ledger/description/component.ts'
import type { Operation, Parameter } from '../../../ledger/description/operation.ts'
import packageJson from '../../../package.json' with { type: 'json' }
import { sharedParameters } from './parameters.ts'
import { byStatus, problemAnswer, problemExamples, type DescribedAnswer } from './problem-answers.ts'

export interface DescribedRoute {
  readonly method: string
  /** As in OpenAPI: `/v1/trades/{id}`. */
  readonly path: string
  readonly operation: Operation
}

export interface DocumentOptions {
  /** Whether tokens are asked for. */
  readonly auth: 'none' | 'jwt'
}

export type OpenApi = Readonly<Record<string, unknown>>

const DESCRIPTION = `Strata is an append-only, event-sourced ledger: every change is a new version of its entity, and every entity can be had back as it was at any time.

- **Ids** are \`kind:owner:local\`. **Times** are RFC 3339; answers are UTC with exactly 6 decimals. **Money, quantities and prices** are decimal strings, answered in canonical form: \`"007.50"\` comes back \`"7.5"\`. A JSON number is refused.
- **Commands** answer with a receipt: every version that they appended, in one unit. With an \`Idempotency-Key\` a command is applied once, for ever. \`dryRun=true\` decides and appends nothing.
- **Problems** are \`application/problem+json\`; programs go by \`code\`. Checks come in this order: 401, 415, 413, 400, 403, key replayed or reused, 404, 412, 409, 422.
- An unknown field or query parameter is a 400. A method that a route lacks is a 404.`

const SCOPES = `A JSON Web Token, signed with RS256, ES256 or EdDSA. Its claim \`scope\` has scopes, separated by spaces:

- \`submit\`: commands whose entity named first is the owner's (claim \`owner\`, else \`sub\`), and reads of the owner's
- \`submit:any\`: the same for every owner
- \`consume\`: the feed
- \`audit\`: every read, and the feed
- \`operate\`: projections

The actor is \`sub\`. A server with \`STRATA_AUTH=none\`, on a loopback address, asks for no token.`

const tagDescriptions: Readonly<Record<string, string>> = {
  entities: 'Entities of any kind: as they are, as they were, their history and differences.',
  bulk: 'Many commands in one request.',
  feed: 'Every version, for those who follow.',
  views: 'What projections make of the feed: documents for reading, each with the position that it has seen.',
  projections: 'How far the projections are, and what a person can do about one.',
  server: 'The server itself.',
}

const SCHEMAS = '#/components/schemas/'

export function openApi(routes: readonly DescribedRoute[], { auth }: DocumentOptions): OpenApi {
  const schemas = new Map<string, unknown>()
  const parameters = new Map<string, Parameter>()
  const codes = new Set<string>()
  const single = new Set<string>()

  const parameterOf = (parameter: Parameter): unknown => {
    const [name] = Object.entries(sharedParameters).find(([, shared]) => shared === parameter) ?? []
    if (name === undefined) return parameter
    parameters.set(name, parameter)
    return { $ref: `#/components/parameters/${name}` }
  }

  /** The problems' answers by status; one that a single code has is described once. */
  function problemsOf(all: readonly string[], own: Operation['answers']): Readonly<Record<number, unknown>> {
    const answers: Record<number, unknown> = {}
    for (const [status, ofStatus] of byStatus(all)) {
      for (const code of ofStatus) codes.add(code)
      const [first = ''] = ofStatus
      const beside = own[status]
      if (ofStatus.length === 1 && beside === undefined) {
        single.add(first)
        answers[status] = { $ref: `#/components/responses/${first}` }
      } else answers[status] = beside ? together(problemAnswer(ofStatus), beside) : problemAnswer(ofStatus)
    }
    return answers
  }

  const operationOf = (operation: Operation): unknown => ({
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description !== undefined && { description: described(operation) }),
    ...(operation.parameters.length > 0 && { parameters: operation.parameters.map(parameterOf) }),
    ...(operation.body && { requestBody: operation.body }),
    responses: { ...operation.answers, ...problemsOf(operation.problems, operation.answers) },
    security: securityOf(operation, auth),
  })

  const paths: Record<string, Record<string, unknown>> = {}
  for (const { method, path, operation } of routes) (paths[path] ??= {})[method.toLowerCase()] = operationOf(operation)
  const body = hoist({ paths }, SCHEMAS, schemas) as object
  const responses = hoist(Object.fromEntries([...single].sort().map((code) => [code, problemAnswer([code])])), SCHEMAS, schemas)
  return {
    openapi: '3.1.1',
    info: {
      title: 'Strata',
      version: packageJson.version,
      summary: packageJson.description,
      description: DESCRIPTION,
      license: { name: packageJson.license, identifier: packageJson.license },
    },
    servers: [{ url: '/', description: 'This server.' }],
    tags: tagsOf(routes),
    ...body,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: SCOPES } },
      parameters: hoist(Object.fromEntries(parameters), SCHEMAS, schemas),
      responses,
      examples: problemExamples(codes),
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  }
}

const described = ({ description, scopes }: Operation): string =>
  scopes.length === 0 ? String(description) : `${description}\n\nScopes: ${scopes.map((scope) => `\`${scope}\``).join(' or ')}.`

/** Without tokens, nothing is as good as one. */
const securityOf = ({ scopes }: Operation, auth: DocumentOptions['auth']): readonly unknown[] => [
  ...(auth === 'none' && scopes.length > 0 ? [{}] : []),
  ...scopes.map((scope) => ({ bearer: [scope] })),
]

function together(problems: DescribedAnswer, { description, content }: Operation['answers'][number]): DescribedAnswer {
  return { ...problems, description: `${problems.description} ${description}`, content: { ...problems.content, ...content } }
}

const tagsOf = (routes: readonly DescribedRoute[]): readonly unknown[] =>
  [...new Set(routes.map(({ operation }) => operation.tag))].map((name) => ({
    name,
    description: tagDescriptions[name] ?? `Commands on ${name}, and ${name} as they are and were.`,
  }))
