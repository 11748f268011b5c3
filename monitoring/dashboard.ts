// The Grafana board: dashboard.json, made from here (npm run -s docs). Import it and choose the Prometheus data source; it finds the servers by strata_build_info.
import { rows, type Panel } from './panels.ts'

const WIDTH = 24
const STAT = { width: 4, height: 4 }
const GRAPH = { width: 8, height: 8 }
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }

interface Place {
  readonly x: number
  readonly y: number
}

const targetsOf = ({ queries }: Panel) =>
  queries.map(({ expr, legend = '' }, n) => ({
    refId: String.fromCharCode(65 + n),
    datasource: DATASOURCE,
    expr,
    legendFormat: legend,
    editorMode: 'code',
    range: true,
  }))

function panelAt(panel: Panel, id: number, { x, y }: Place) {
  const { width, height } = panel.stat ? STAT : GRAPH
  return {
    id,
    type: panel.stat ? 'stat' : 'timeseries',
    title: panel.title,
    description: panel.description,
    datasource: DATASOURCE,
    gridPos: { x, y, w: width, h: height },
    fieldConfig: {
      defaults: { unit: panel.unit, min: 0, custom: panel.stat ? {} : { fillOpacity: 5, showPoints: 'never' } },
      overrides: [],
    },
    options: panel.stat
      ? { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'value', graphMode: 'area' }
      : { legend: { displayMode: 'list', placement: 'bottom', showLegend: true }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: targetsOf(panel),
  }
}

/** Row by row, each from left to right. */
function placed() {
  const made: (ReturnType<typeof panelAt> | object)[] = []
  let y = 0
  for (const { title, panels } of rows) {
    made.push({ id: made.length + 1, type: 'row', title, collapsed: false, gridPos: { x: 0, y: y++, w: WIDTH, h: 1 }, panels: [] })
    let x = 0
    for (const panel of panels) {
      const { width, height } = panel.stat ? STAT : GRAPH
      if (x + width > WIDTH) {
        x = 0
        y += height
      }
      made.push(panelAt(panel, made.length + 1, { x, y }))
      x += width
    }
    y += panels.at(-1)?.stat ? STAT.height : GRAPH.height
  }
  return made
}

const variable = (name: string, label: string, expr: string) => ({
  name,
  label,
  type: 'query',
  datasource: DATASOURCE,
  query: { query: expr, refId: name },
  definition: expr,
  refresh: 2,
  includeAll: true,
  multi: true,
  current: { text: ['All'], value: ['$__all'] },
  sort: 1,
})

export const dashboard = () => ({
  uid: 'strata',
  title: 'Strata',
  description: 'Servers of a Strata ledger: commands, group commit, HTTP, feed, projections, database, process.',
  tags: ['strata'],
  schemaVersion: 39,
  version: 1,
  editable: true,
  graphTooltip: 1,
  refresh: '30s',
  time: { from: 'now-1h', to: 'now' },
  timezone: 'utc',
  templating: {
    list: [
      { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', current: {}, hide: 0 },
      variable('instance', 'Server', 'label_values(strata_build_info, instance)'),
    ],
  },
  annotations: { list: [] },
  links: [],
  panels: placed(),
})
