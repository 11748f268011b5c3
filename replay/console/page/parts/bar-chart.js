// Bars of a price, and the deals that were done on them: a bar is hollow where it closed at its open or above; a deal points up where it was bought, down where it was sold.
import { heightOf } from '../decimal.js'
import { axisOf, exactly, heights, overTime, times } from './chart.js'

/** @import uPlot from '../lib/uplot.js' */
/** @import {Colours} from '../types.ts' */
/** @import {Drawing} from './chart.js' */

const BODY_SHARE = 0.65
const MAX_BODY_PX = 14
const MARK_PX = 6
const PADDING_SHARE = 0.06

/**
 * @typedef {object} Bar
 * @property {string} at An instant.
 * @property {string | undefined} open
 * @property {string | undefined} high
 * @property {string | undefined} low
 * @property {string} close
 */
/** @typedef {{ readonly at: string, readonly price: string, readonly isBuy: boolean }} Deal */

/** @param {string} instant */
const seconds = (instant) => Date.parse(instant) / 1_000

/**
 * @param {readonly Bar[]} bars From the first on.
 * @param {readonly Deal[]} deals
 * @param {number} barSeconds How long each bar is.
 * @returns {Drawing}
 */
export function barChart(bars, deals, barSeconds) {
  const prices = [...bars.flatMap(({ open, high, low, close }) => [open, high, low, close]), ...deals.map(({ price }) => price)]
    .map(heightOf)
    .filter((price) => price !== null)
  const [lowest, highest] = [Math.min(...prices), Math.max(...prices)]
  const padding = (highest - lowest || highest || 1) * PADDING_SHARE
  const starts = bars.map(({ at }) => seconds(at))
  const [first, last] = [starts[0] ?? 0, (starts.at(-1) ?? 0) + barSeconds]
  const margin = Math.max(barSeconds / 2, (last - first) * 0.01)
  return (colours) => ({
    options: {
      ...overTime,
      scales: { x: { time: true, range: [first - margin, last + margin] }, y: { range: [lowest - padding, highest + padding] } },
      series: [
        { label: 'begins', value: exactly(bars.map(({ at }) => at)) },
        .../** @type {const} */ (['open', 'high', 'low', 'close']).map((name) => ({
          label: name,
          value: exactly(bars.map((bar) => bar[name])),
          stroke: colours.text,
          points: { show: false },
          paths: () => null,
        })),
      ],
      axes: [axisOf(colours, times), axisOf(colours, heights)],
      cursor: { points: { show: false } },
      hooks: {
        draw: [
          (plot) => {
            plot.ctx.save()
            plot.ctx.beginPath()
            plot.ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height)
            plot.ctx.clip()
            for (const bar of bars) drawBar(plot, bar, barSeconds, colours)
            for (const deal of deals) drawDeal(plot, deal, colours)
            plot.ctx.restore()
          },
        ],
      },
    },
    data: [starts, .../** @type {const} */ (['open', 'high', 'low', 'close']).map((name) => bars.map((bar) => heightOf(bar[name])))],
  })
}

/** @param {uPlot} plot @param {Bar} bar @param {number} barSeconds @param {Colours} colours */
function drawBar(plot, { at, open, high, low, close }, barSeconds, { text, surface }) {
  const { ctx } = plot
  const x = (/** @type {number} */ time) => plot.valToPos(time, 'x', true)
  const y = (/** @type {string} */ price) => Math.round(plot.valToPos(Number(price), 'y', true))
  const [left, right] = [x(seconds(at)), x(seconds(at) + barSeconds)]
  const middle = Math.round((left + right) / 2)
  const half = Math.max(1, Math.min((right - left) * BODY_SHARE, MAX_BODY_PX * devicePixelRatio) / 2)
  ctx.lineWidth = Math.max(1, devicePixelRatio)
  ctx.strokeStyle = text
  ctx.beginPath()
  ctx.moveTo(middle, y(high ?? close))
  ctx.lineTo(middle, y(low ?? close))
  ctx.stroke()
  const [top, bottom] = [Math.min(y(open ?? close), y(close)), Math.max(y(open ?? close), y(close))]
  ctx.fillStyle = Number(close) >= Number(open ?? close) ? surface : text
  ctx.fillRect(middle - half, top, half * 2, bottom - top)
  ctx.strokeRect(middle - half, top, half * 2, Math.max(bottom - top, 0.5))
}

/** @param {uPlot} plot @param {Deal} deal @param {Colours} colours */
function drawDeal(plot, { at, price, isBuy }, { first, second, surface }) {
  const { ctx } = plot
  const [x, y] = [plot.valToPos(seconds(at), 'x', true), plot.valToPos(Number(price), 'y', true)]
  const size = MARK_PX * devicePixelRatio
  const up = isBuy ? -size : size
  ctx.beginPath()
  ctx.moveTo(x, y + up)
  ctx.lineTo(x - size, y - up)
  ctx.lineTo(x + size, y - up)
  ctx.closePath()
  ctx.fillStyle = isBuy ? first : second
  ctx.strokeStyle = surface
  ctx.lineWidth = 2 * devicePixelRatio
  ctx.stroke()
  ctx.fill()
}
