import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { CorruptDataError } from 'sharedbuffers';
import type { Tagged } from '#src/exact/tagged.js';
import { DateTime } from '#src/types/date-time.js';
import {
  type DateTimeType,
  datetime,
  localDateTime,
  utcDateTime,
  zonedDateTime,
  zonedLocalDateTime,
} from '#src/types/datetime.js';
import { fixtureBytes } from './support/fixtures.js';
import { type Fixture, fixtures } from './support/manifest.js';
import { assertSurvivesDamage, exactValue, packValue, readValue, roundTrip } from './support/values.js';

const forms = [datetime, utcDateTime, localDateTime, zonedDateTime, zonedLocalDateTime] as const;
const formsByStoredName = new Map<string, DateTimeType>(
  forms.map((form) => [String(form.storedType()), form]),
);

const ownZone = process.env.TZ;
function inZone(zone: string): void {
  before(() => {
    process.env.TZ = zone;
  });
  after(() => {
    if (ownZone === undefined) delete process.env.TZ;
    else process.env.TZ = ownZone;
  });
}

function isDateTime({ classes }: Fixture): boolean {
  return formsByStoredName.has(classes?.type ?? '');
}

describe('date-times of the Python library', () => {
  inZone('UTC');

  for (const { name, file, classes, expected } of fixtures.filter(isDateTime)) {
    const type = formsByStoredName.get(classes.type ?? '') as DateTimeType;
    it(`reads ${name} and packs it the same`, () => {
      const bytes = fixtureBytes(file);
      assert.deepEqual(exactValue(type, bytes), expected);
      assert.deepEqual(packValue(type, readValue(type, bytes)), new Uint8Array(bytes));
      assert.deepEqual(packValue(type, type.fromExact(expected as Tagged)), new Uint8Array(bytes));
    });
  }

  it('covers all forms', () => {
    assert.equal(new Set(fixtures.filter(isDateTime).map(({ classes }) => classes.type)).size, forms.length);
  });
});

describe('instants', () => {
  const texts = [
    '2019-03-05T11:15:24.388001Z',
    '1969-12-31T23:59:59.999999Z',
    '1970-01-01T00:00:00.000000Z',
    '1901-02-03T04:05:06.999999Z',
    '2255-06-05T23:47:34.740993Z',
    '0001-01-01T00:00:00.000000Z',
    '9999-12-31T23:59:59.999999Z',
    '2000-02-29T12:00:00.000001Z',
  ];
  for (const text of texts) {
    it(`keeps ${text} to the microsecond`, () => {
      const instant = DateTime.from(text);
      assert.equal(instant.toISOString(), text);
      for (const form of forms) {
        const read = roundTrip(form, instant);
        assert.equal(read.toISOString(), text);
        assert.equal(read.epochMicroseconds, instant.epochMicroseconds);
        assert.equal(read.getTime(), new Date(text).getTime());
        assert.ok(read.equals(instant));
      }
    });
  }

  it('stores seconds and microseconds as Python does', () => {
    const hex = Buffer.from(packValue(datetime, DateTime.from('1969-12-31T23:59:59.999999Z'))).toString(
      'hex',
    );
    assert.equal(hex, '3f42ffffffffffff');
    const zoned = packValue(zonedDateTime, DateTime.from('2021-07-08T09:10:11.5-03:00'));
    assert.equal(new DataView(zoned.buffer).getInt16(8, true), -180);
  });

  it('takes a Date, before 1970 too', () => {
    for (const millis of [0, -1, 1, -86_400_001, 1_551_784_524_388, -2_174_759_693_999]) {
      const read = roundTrip(datetime, new Date(millis));
      assert.ok(read instanceof Date && read instanceof DateTime);
      assert.equal(read.getTime(), millis);
      assert.equal(read.epochMicroseconds, BigInt(millis) * 1000n);
    }
  });

  it('refuses what is no date-time, or none that Python can read', () => {
    assert.throws(() => packValue(datetime, new Date(Number.NaN)), {
      code: 'ERR_SHAREDBUFFERS_OUT_OF_RANGE',
    });
    assert.throws(() => packValue(datetime, new Date(8.64e15)), /years 1 to 9999.*\+275760/);
    assert.throws(() => packValue(datetime, new Date('0000-12-31T23:59:59.999Z')), RangeError);
    assert.throws(() => packValue(datetime, 1e9 as unknown as Date), {
      code: 'ERR_SHAREDBUFFERS_INVALID_TYPE',
      message: 'expected a Date or DateTime (datetime), found 1000000000; new Date(…) makes one of it',
    });
  });

  it('reads years that Date does not have', () => {
    const bytes = new Uint8Array(8).fill(0xff);
    bytes[7] = 0x7f;
    const late = readValue(datetime, bytes);
    assert.match(late.toISOString(), /^\+280707-/);
    assert.equal(Number.isNaN(late.getTime()), true);
    assert.equal(late.epochMicroseconds, (2n ** 43n - 1n) * 1_000_000n + 0xfffffn);
    const early = readValue(datetime, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0x80]));
    assert.match(early.toISOString(), /^-276768-/);
    assert.match(inspect(early), /^DateTime -276768-/);
  });

  it('carries microseconds beyond a second over, as Python does', () => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigInt64(0, (10n << 20n) + 1_000_001n, true);
    assert.equal(readValue(datetime, bytes).epochMicroseconds, 11_000_001n);
  });
});

describe('offsets', () => {
  it('keeps the offset of zoned forms, and it alone', () => {
    const value = DateTime.from('2021-07-08T09:10:11.121314+05:30');
    assert.equal(value.offset, 330);
    assert.equal(value.toISOString(), '2021-07-08T03:40:11.121314Z');
    assert.equal(roundTrip(zonedDateTime, value).toClockString(), '2021-07-08T09:10:11.121314+05:30');
    assert.equal(JSON.stringify(roundTrip(zonedDateTime, value)), '"2021-07-08T09:10:11.121314+05:30"');
    assert.equal(roundTrip(utcDateTime, value).offset, 0);
    assert.equal(roundTrip(utcDateTime, value).toJSON(), '2021-07-08T03:40:11.121314Z');
    assert.equal(roundTrip(datetime, value).offset, undefined);
    assert.equal(roundTrip(zonedDateTime, new Date(0)).offset, 0);
    assert.equal(roundTrip(zonedDateTime, DateTime.from('1969-12-31T23:00:00-00:30')).offset, -30);
  });

  it('refuses offsets of a day or more', () => {
    assert.throws(() => new DateTime(0n, 1440), { code: 'ERR_SHAREDBUFFERS_OUT_OF_RANGE' });
    assert.throws(() => DateTime.from('2020-01-01T00:00:00+24:00'), RangeError);
    const bytes = packValue(zonedDateTime, new Date(0));
    new DataView(bytes.buffer).setInt16(8, -1440, true);
    assert.throws(() => readValue(zonedDateTime, bytes), CorruptDataError);
  });
});

describe('local time', () => {
  inZone('America/New_York');

  it('shows naive date-times as the clocks here do', () => {
    const bytes = packValue(datetime, new Date('2021-07-08T09:10:11.500Z'));
    assert.deepEqual(exactValue(datetime, bytes), { $datetime: '2021-07-08T05:10:11.500000' });
    assert.deepEqual(exactValue(localDateTime, bytes), { $datetime: '2021-07-08T05:10:11.500000-04:00' });
    assert.deepEqual(exactValue(utcDateTime, bytes), { $datetime: '2021-07-08T09:10:11.500000+00:00' });
  });

  it('takes text without an offset as what the form says', () => {
    const naive = { $datetime: '2021-01-08T05:10:11.500000' };
    const isoOf = (form: DateTimeType) => roundTrip(form, form.fromExact(naive)).toISOString();
    assert.deepEqual(forms.map(isoOf), [
      '2021-01-08T10:10:11.500000Z',
      '2021-01-08T05:10:11.500000Z',
      '2021-01-08T10:10:11.500000Z',
      '2021-01-08T05:10:11.500000Z',
      '2021-01-08T10:10:11.500000Z',
    ]);
    assert.equal(roundTrip(zonedLocalDateTime, zonedLocalDateTime.fromExact(naive)).offset, -300);
  });

  it('knows the seconds of local times before there were zones', () => {
    const bytes = packValue(localDateTime, new Date('1850-01-01T00:00:00Z'));
    assert.deepEqual(exactValue(localDateTime, bytes), { $datetime: '1849-12-31T19:03:58.000000-04:56:02' });
    const stored = localDateTime.fromExact({ $datetime: '1849-12-31T19:03:58.000000-04:56:02' });
    assert.deepEqual(packValue(localDateTime, stored), bytes);
    const naive = datetime.fromExact({ $datetime: '1849-12-31T19:03:58.000000' });
    assert.deepEqual(packValue(datetime, naive), bytes);
  });
});

describe('DateTime', () => {
  it('cannot be changed', () => {
    const value = new DateTime(1_000_001n);
    for (const name of Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'))) {
      const setter = Reflect.get(value, name) as (this: Date, value: number) => void;
      assert.throws(() => setter.call(value, 0), {
        code: 'ERR_SHAREDBUFFERS_READ_ONLY',
        name: 'InvalidTypeError',
      });
    }
    assert.equal(value.getTime(), 1000);
    assert.equal(new Date(value).setTime(5), 5);
  });

  it('is made of microseconds, exactly', () => {
    assert.equal(new DateTime(9_007_199_254_740_991).getTime(), 9_007_199_254_740);
    assert.equal(new DateTime(-1).getTime(), -1);
    assert.equal(new DateTime(-1).epochMicroseconds, -1n);
    assert.throws(() => new DateTime(2 ** 60), RangeError);
    assert.throws(() => new DateTime(0.5), TypeError);
    assert.throws(() => new DateTime(10n ** 30n), RangeError);
  });

  it('refuses text that is no date-time', () => {
    const wrong = [
      '',
      'now',
      '2020-01-01',
      '2021-02-29T00:00:00Z',
      '2020-01-01T24:00:00Z',
      '2020-01-01T00:60:00Z',
    ];
    for (const text of [
      ...wrong,
      '2020-13-01T00:00:00Z',
      '2020-01-01T00:00:00.1234567Z',
      '2020-1-1T0:0:0Z',
    ]) {
      assert.throws(() => DateTime.from(text), { code: 'ERR_SHAREDBUFFERS_OUT_OF_RANGE' }, text);
    }
    assert.throws(() => datetime.fromExact('2020-01-01T00:00:00'), {
      code: 'ERR_SHAREDBUFFERS_INVALID_TYPE',
    });
  });

  it('shows itself whole', () => {
    assert.equal(inspect({ at: new DateTime(1n) }), '{ at: DateTime 1970-01-01T00:00:00.000001Z }');
  });

  it('becomes a Temporal object where there is Temporal', () => {
    const value = new DateTime(0n, 330);
    if ('Temporal' in globalThis)
      assert.equal(String(value.toTemporal()), '1970-01-01T05:30:00+05:30[+05:30]');
    else assert.throws(() => value.toTemporal(), { code: 'ERR_SHAREDBUFFERS_UNSUPPORTED' });
  });
});

it('survives damaged bytes', () => {
  for (const form of forms) assertSurvivesDamage(form, packValue(form, new Date(1e12)));
});
