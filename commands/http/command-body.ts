// A route's body brought into the bulk form: what stands for the entity's id, the parameters of the path and `effectiveAt` find their places, the rest is the command's data. Nothing else is
// checked here; every member keeps the name that it came by, for the errors.
import { entityIdSchema, localSchema, ownerSchema } from '../../ledger/entity-id.ts'
import type { FieldError } from '../../ledger/failure.ts'
import type { JsonObject, JsonValue } from '../../ledger/json.ts'
import { fieldErrors } from '../../ledger/request.ts'
import type { z } from 'zod'
import type { CommandDefinition } from '../command.ts'
import type { RawCommand } from '../submit/parse.ts'

type Named = Pick<RawCommand, 'entityId' | 'idErrors' | 'idPointer'>
type Place = Pick<RawCommand, 'data' | 'effectiveAt' | 'pointer'> & Named

export interface CommandBody {
  /** With `:name` for a parameter. */
  readonly path: string
  readonly read: (params: Readonly<Record<string, string>>, body: JsonObject) => Place
}

export function commandBody(definition: CommandDefinition): CommandBody {
  const inPath = [...definition.route.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name))
  const dataInPath = inPath.filter((name) => name !== 'id')
  const id = namedBy(definition)
  const notData = new Set([...id.members, 'effectiveAt'])
  const dataPointers = new Map(dataInPath.map((name) => [`/${name}`, name]))
  const pointer = (inData: string): string => dataPointers.get(inData) ?? inData
  return {
    path: definition.route.replaceAll(/\{(\w+)\}/g, ':$1'),
    read(params, body) {
      const data: Record<string, JsonValue | undefined> = {}
      const named = id.read(params, body)
      const idErrors = [...named.idErrors]
      for (const name of Object.keys(body)) {
        if (dataInPath.includes(name)) idErrors.push({ pointer: `/${name}`, detail: 'stands in the path' })
        else if (!notData.has(name)) data[name] = body[name]
      }
      for (const name of dataInPath) data[name] = params[name]
      return { ...named, idErrors, data, effectiveAt: body['effectiveAt'], pointer }
    },
  }
}

interface IdSource {
  /** Members of the body that stand for the id. */
  readonly members: readonly string[]
  readonly read: (params: Readonly<Record<string, string>>, body: JsonObject) => Named
}

function namedBy({ kind, creates, entityIn }: CommandDefinition): IdSource {
  if (creates) return { members: ['owner', creates.local], read: (_, body) => newId(kind, creates.local, body) }
  if (entityIn === undefined) return { members: [], read: (params) => ({ entityId: params['id'] ?? '', idErrors: [], idPointer: 'id' }) }
  const schema = entityIdSchema(kind)
  return {
    members: [entityIn],
    read: (_, body) => ({
      entityId: textOf(body[entityIn]),
      idErrors: errorsOf(schema, body[entityIn], entityIn),
      idPointer: `/${entityIn}`,
    }),
  }
}

/** What is not text has its error already. */
const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '')

function newId(kind: string, localMember: string, body: JsonObject): Named {
  const owner = body['owner']
  const local = body[localMember]
  const idErrors = [...errorsOf(ownerSchema, owner, 'owner'), ...(local === undefined ? [] : errorsOf(localSchema, local, localMember))]
  return {
    entityId: local === undefined ? `${kind}:${textOf(owner)}` : `${kind}:${textOf(owner)}:${textOf(local)}`,
    idErrors,
    idPointer: '/owner',
  }
}

function errorsOf(schema: z.ZodType, value: unknown, member: string): readonly FieldError[] {
  const parsed = schema.safeParse(value, { reportInput: true })
  return parsed.success ? [] : fieldErrors(parsed.error.issues, () => `/${member}`)
}
