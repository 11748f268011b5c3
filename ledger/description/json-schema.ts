// A zod schema as JSON Schema. Of what is asked: closed, since an unknown member is refused. Of what is answered or kept: open, since members may be added later and readers should not mind.
import { z } from 'zod'
import type { JsonSchema } from './component.ts'

interface Made {
  $schema?: unknown
  readOnly?: unknown
  additionalProperties?: unknown
}

function shaped(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const made = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ jsonSchema }) {
      const shape = jsonSchema as Made
      // `readonly()` is about our own code; in OpenAPI the word means something else.
      delete shape.readOnly
      if (io === 'output' && shape.additionalProperties === false) delete shape.additionalProperties
    },
  }) as Made
  delete made.$schema
  return made as JsonSchema
}

export const askedShape = (schema: z.ZodType): JsonSchema => shaped(schema, 'input')
export const keptShape = (schema: z.ZodType): JsonSchema => shaped(schema, 'output')
