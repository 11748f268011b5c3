// For tests: what a PromQL expression asks for, read with Prometheus' own grammar.
import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'

export interface Selector {
  readonly metric: string
  readonly matchers: readonly { readonly label: string; readonly op: string; readonly value: string }[]
}

export interface Expression {
  readonly selectors: readonly Selector[]
  /** Labels that results are grouped by. */
  readonly grouping: readonly string[]
  /** Whether all of it was understood. */
  readonly valid: boolean
}

export function readExpression(text: string): Expression {
  const selectors: Selector[] = []
  const grouping: string[] = []
  let valid = true
  const textOf = (node: SyntaxNode): string => text.slice(node.from, node.to)
  parser.parse(text).iterate({
    enter({ type, node }) {
      if (type.isError) valid = false
      if (type.name === 'GroupingLabels') grouping.push(...node.getChildren('LabelName').map(textOf))
      if (type.name !== 'VectorSelector') return
      const [metric] = node.getChildren('Identifier')
      const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
      selectors.push({
        metric: metric ? textOf(metric) : '',
        matchers: matchers.map((matcher) => {
          const [label, op, value] = ['LabelName', 'MatchOp', 'StringLiteral']
            .map((name) => matcher.getChild(name))
            .map((part) => (part ? textOf(part) : ''))
          return { label: label ?? '', op: op ?? '', value: (value ?? '').slice(1, -1) }
        }),
      })
    },
  })
  return { selectors, grouping, valid }
}
