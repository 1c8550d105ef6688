import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOpenMetrics } from './open-metrics.ts';

const text = (...lines: readonly string[]): string => `${[...lines, '# EOF'].join('\n')}\n`;

describe('OpenMetrics text', () => {
  it('keeps names, labels, values and times as they were recorded', () => {
    const { series, types, units, problems } = parseOpenMetrics(
      text(
        '# TYPE queue_depth gauge',
        '# UNIT queue_wait seconds',
        '# HELP queue_depth how many wait',
        'queue_depth{service="billing",pod="billing-0"} 4 1700000000',
        'queue_depth{service="billing",pod="billing-0"} 5.5 1700000001.250',
        'up 1 1700000000',
      ),
    );
    expect(problems).toEqual([]);
    expect(series).toEqual([
      {
        name: 'queue_depth',
        labels: { service: 'billing', pod: 'billing-0' },
        points: [
          [1700000000, 4],
          [1700000001.25, 5.5],
        ],
      },
      { name: 'up', labels: {}, points: [[1700000000, 1]] },
    ]);
    expect(types.get('queue_depth')).toBe('gauge');
    expect(units.get('queue_wait')).toBe('seconds');
  });

  it('takes NaN and the infinities for points that are missing', () => {
    const { series, problems } = parseOpenMetrics(
      text('load 1 10', 'load NaN 11', 'load +Inf 12', 'load -Inf 13', 'load 2 14'),
    );
    expect(problems).toEqual([]);
    expect(series[0]?.points).toEqual([
      [10, 1],
      [14, 2],
    ]);
  });

  it('puts samples in order of time; of two of one moment the later line counts', () => {
    const { series } = parseOpenMetrics(text('load 3 30', 'load 1 10', 'load 2 20', 'load 9 10'));
    expect(series[0]?.points).toEqual([
      [10, 9],
      [20, 2],
      [30, 3],
    ]);
  });

  it('knows a series again whose labels are written in another order', () => {
    const { series } = parseOpenMetrics(text('load{a="1",b="2"} 1 10', 'load{b="2",a="1"} 2 20'));
    expect(series).toHaveLength(1);
    expect(series[0]?.points).toHaveLength(2);
  });

  it('leaves exemplars alone', () => {
    const { series, problems } = parseOpenMetrics(text('hits{le="1"} 7 10 # {trace_id="a b"} 0.5 9.9'));
    expect(problems).toEqual([]);
    expect(series[0]?.points).toEqual([[10, 7]]);
  });

  it('says that a file without its end may be cut off, and reads what is there', () => {
    const { series, problems } = parseOpenMetrics('load{a="x"} 1 10\nload{a="x"} 2 20\nload{a="x');
    expect(series[0]?.points).toHaveLength(2);
    expect(problems).toEqual([
      'it does not end with # EOF: perhaps it was cut off',
      'lines that are no sample (line 3)',
    ]);
  });

  it('names the lines that it cannot read, and goes on', () => {
    const { series, problems } = parseOpenMetrics(
      text('load 1 10', 'load{a=1} 2 20', 'load eleven 30', 'load 4', '{} 5 50', 'load 6 60'),
    );
    expect(series.find(({ labels }) => Object.keys(labels).length === 0)?.points).toEqual([
      [10, 1],
      [60, 6],
    ]);
    expect(problems).toEqual([
      'lines that are no sample (line 2, 5)',
      'lines whose value is no number (line 3)',
      'samples without a time (line 4)',
    ]);
  });
});

const labelValue = fc.string({ unit: 'grapheme', maxLength: 12 });
const labels = fc.dictionary(fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/), labelValue, { maxKeys: 4 });
const points = fc.uniqueArray(
  fc.tuple(
    fc.integer({ min: 1, max: 2_000_000_000 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  ),
  { selector: ([at]) => at, minLength: 1, maxLength: 20 },
);

function written(name: string, own: Readonly<Record<string, string>>, at: number, value: number): string {
  const pairs = Object.entries(own).map(([label, text_]) => {
    const escaped = text_.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`));
    return `${label}="${escaped}"`;
  });
  return `${name}{${pairs.join(',')}} ${value} ${at}`;
}

describe('any series that is written as OpenMetrics', () => {
  it('is read back, whatever is in its labels', () => {
    fc.assert(
      fc.property(labels, points, (own, recorded) => {
        const lines = recorded.map(([at, value]) => written('m', own, at, value));
        const { series, problems } = parseOpenMetrics(text(...lines));
        expect(problems).toEqual([]);
        expect(series).toHaveLength(1);
        expect(series[0]?.labels).toEqual({ ...own });
        expect(series[0]?.points).toEqual(recorded.toSorted(([a], [b]) => a - b));
      }),
    );
  });

  it('is read as far as it goes where it is cut off anywhere', () => {
    fc.assert(
      fc.property(labels, points, fc.double({ min: 0, max: 1, noNaN: true }), (own, recorded, part) => {
        const whole = text(...recorded.map(([at, value]) => written('m', own, at, value)));
        const cut = whole.slice(0, Math.floor(whole.length * part));
        const { series } = parseOpenMetrics(cut);
        for (const one of series) {
          expect(one.points.every(([at, value]) => Number.isFinite(at) && Number.isFinite(value))).toBe(true);
        }
      }),
    );
  });

  it('never makes the reader throw, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (anything) => {
        const { series } = parseOpenMetrics(anything);
        for (const { points: own } of series) {
          const times = own.map(([at]) => at);
          expect(times).toEqual(times.toSorted((a, b) => a - b));
        }
      }),
    );
  });
});
