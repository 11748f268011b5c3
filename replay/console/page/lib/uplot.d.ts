// What the server hands out as lib/uplot.js.
import uPlot from 'uplot'
// oxlint-disable-next-line import/no-default-export
export default uPlot
