import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { date } from '#src/types/date.js';
import { PlainDate } from '#src/types/plain-date.js';
import { fixtureBytes } from './support/fixtures.js';
import { assertSurvivesDamage, exactValue, packValue, readValue, roundTrip } from './support/values.js';

describe('dates', () => {
  it('reads what Python wrote and packs it the same', () => {
    const bytes = fixtureBytes('val-date.bin');
    assert.deepEqual(exactValue(date, bytes), { $date: '2000-02-29' });
    assert.deepEqual(packValue(date, '2000-02-29'), new Uint8Array(bytes));
    assert.deepEqual(packValue(date, date.fromExact({ $date: '2000-02-29' })), new Uint8Array(bytes));
  });

  it('stores seconds of midnight in UTC', () => {
    assert.equal(Buffer.from(packValue(date, '2019-03-05')).toString('hex'), '00bc7d5c00000000');
  });

  it('reads every day that it packs', () => {
    const days = [
      '0001-01-01',
      '9999-12-31',
      '1969-12-31',
      '1970-01-01',
      '1900-02-28',
      '2000-02-29',
      '2024-12-31',
    ];
    for (const day of days) {
      const read = roundTrip(date, day);
      assert.ok(read instanceof PlainDate);
      assert.equal(read.toString(), day);
      assert.deepEqual(packValue(date, read), packValue(date, day));
    }
    for (let days = -719_162; days < 2_932_896; days += 9973) {
      const day = new Date(days * 86_400_000).toISOString().slice(0, 10);
      assert.equal(roundTrip(date, day).toString(), day);
    }
  });

  it('reads days of any year, and seconds that are not midnight', () => {
    const secondsOf = (seconds: bigint) => new Uint8Array(new BigInt64Array([seconds]).buffer);
    assert.equal(readValue(date, secondsOf(-1n)).toString(), '1969-12-31');
    assert.equal(readValue(date, secondsOf(86_400n * 3_000_000n)).toString(), '+010183-09-21');
    assert.match(readValue(date, secondsOf(2n ** 63n - 1n)).toString(), /^\+292277026596-12-0\d$/);
    assert.match(readValue(date, secondsOf(-(2n ** 63n))).toString(), /^-292277022657-01-2\d$/);
  });

  it('refuses what is no date', () => {
    for (const wrong of [
      '2019-02-29',
      '2019-3-5',
      '05.03.2019',
      '',
      '2019-13-01',
      '0000-01-01',
      '+010000-01-01',
    ]) {
      assert.throws(() => packValue(date, wrong), { code: 'ERR_SHAREDBUFFERS_OUT_OF_RANGE' }, wrong);
    }
    assert.throws(
      () => packValue(date, new Date(0) as never),
      /which day a Date is in depends on the time zone/,
    );
    assert.throws(() => packValue(date, 7 as never), { code: 'ERR_SHAREDBUFFERS_INVALID_TYPE' });
    assert.throws(() => date.fromExact('2019-01-01'), { code: 'ERR_SHAREDBUFFERS_INVALID_TYPE' });
  });

  it('survives damaged bytes', () => assertSurvivesDamage(date, packValue(date, '2019-03-05')));
});

describe('PlainDate', () => {
  it('is a value', () => {
    const day = new PlainDate(2019, 3, 5);
    assert.deepEqual({ ...day }, { year: 2019, month: 3, day: 5 });
    assert.ok(day.equals(PlainDate.from('2019-03-05')));
    assert.ok(!day.equals(PlainDate.from('2019-03-06')));
    assert.ok(day < PlainDate.from('2019-10-01'));
    assert.equal(JSON.stringify({ day }), '{"day":"2019-03-05"}');
    assert.throws(() => {
      (day as { year: number }).year = 2020;
    }, TypeError);
  });

  it('refuses days that do not exist', () => {
    assert.throws(() => new PlainDate(2019, 2, 29), RangeError);
    assert.throws(() => new PlainDate(2019, 0, 1), RangeError);
    assert.throws(() => new PlainDate(2019.5, 1, 1), RangeError);
  });

  it('becomes a Temporal object where there is Temporal', () => {
    const day = new PlainDate(2019, 3, 5);
    if ('Temporal' in globalThis) assert.equal(String(day.toTemporal()), '2019-03-05');
    else assert.throws(() => day.toTemporal(), { code: 'ERR_SHAREDBUFFERS_UNSUPPORTED' });
  });
});
