//! Gathering: where many records are, and one slot after the other of all of them, into memory that is laid out as
//! JavaScript's typed arrays are.
//!
//! Records are walked in small blocks. While one block is gathered, records further on are being fetched, and what says where
//! the records beyond these are: a core waits for many lines of memory as long as for one. Blocks are small so that fetching
//! and gathering alternate: where many lines are asked for at once, a core has to wait before it can ask for the rest.
//!
//! Nothing of a file is believed: every number, position and offset is checked before it is followed.

const std = @import("std");
const assert = std.debug.assert;
const record_array = @import("record_array.zig");
const Fault = @import("faults.zig").Fault;
const RecordArray = record_array.RecordArray;

/// Records in a block: enough to make little of what is done once a block.
const block_size = 8;
/// How many records ahead the record is fetched: about as many as a core fetches lines at once, and more.
const record_distance = 32;
/// How many records ahead that is fetched which says where the record is.
const place_distance = 64;
/// How far behind the one before a record may be that the processor fetches by itself, as it does what is read in a row.
const row_distance = 1024;
/// A position that says that there is no record.
const absent = std.math.maxInt(u64);

/// What stands for a slot that has no field where positions are gathered, and for a record that is not there.
pub const missing_position: f64 = -1;
/// What stands for a slot that is None where positions are gathered.
pub const none_position: f64 = -2;

/// The records of an array in the order of their numbers.
pub const Numbers = struct {
    array: RecordArray,
    first: u64,

    inline fn expect(_: *const Numbers, _: []const u8, _: usize, _: usize) void {}

    inline fn locate(
        source: *const Numbers,
        region: []const u8,
        start: usize,
        positions: []u64,
        fault: *Fault,
    ) error{Corrupt}!void {
        for (positions, source.first + start..) |*position, number| {
            position.* = try source.array.positionOf(region, number, fault);
        }
    }
};

/// The records that the rows of an id table refer to, in the order of the rows. The last column of a row is the number
/// of its record.
pub fn Rows(comptime Value: type) type {
    return struct {
        array: RecordArray,
        /// Where the number of the first row's record is.
        values_offset: u64,
        row_size: u64,
        first: u64,

        const Self = @This();

        inline fn place(source: *const Self, row: u64) u64 {
            return source.values_offset + (source.first + row) * source.row_size;
        }

        inline fn expect(source: *const Self, region: []const u8, start: usize, count: usize) void {
            for (start..start + count) |row| {
                const number: u64 = readInt(Value, region, source.place(row));
                source.array.prefetchSlot(region, number);
            }
        }

        inline fn locate(
            source: *const Self,
            region: []const u8,
            start: usize,
            positions: []u64,
            fault: *Fault,
        ) error{Corrupt}!void {
            for (positions, start..) |*position, row| {
                const at = source.place(row);
                const number: u64 = readInt(Value, region, at);
                position.* = try source.array.positionOfNumbered(region, number, at, fault);
            }
        }
    };
}

/// Records wherever they are; a negative position says that there is none.
pub const Positions = struct {
    positions: []const f64,

    inline fn expect(_: *const Positions, _: []const u8, _: usize, _: usize) void {}

    inline fn locate(
        source: *const Positions,
        region: []const u8,
        start: usize,
        positions: []u64,
        fault: *Fault,
    ) error{Corrupt}!void {
        for (positions, source.positions[start..][0..positions.len]) |*position, double| {
            if (double < 0) {
                position.* = absent;
                continue;
            }
            const end: f64 = @floatFromInt(region.len);
            if (!(double < end)) return fault.corrupt(0, "a record starts outside of the bytes that are there");
            position.* = @trunc(double);
        }
    }
};

/// How records of one schema lie.
pub const Layout = struct {
    bitmap: Bitmap,
    /// The bits of all slots.
    all: u64,
    /// The slots whose fields take 8, 4, 2 and 1 bytes.
    of_size: [sizes.len]u64,

    pub const Bitmap = enum(u8) { u8 = 1, u16 = 2, u32 = 4, u64 = 8 };

    pub const slots_max = 64;
    const sizes = [_]u64{ 8, 4, 2, 1 };

    /// The layout of slots with fields of these sizes, in the order in which they are stored; `null` where there is no
    /// such layout.
    pub fn init(bitmap: Bitmap, field_sizes: []const u8) ?Layout {
        if (field_sizes.len > @as(usize, @backingInt(bitmap)) * 8) return null;
        var layout: Layout = .{ .bitmap = bitmap, .all = 0, .of_size = @splat(0) };
        for (field_sizes, 0..) |size, slot| {
            const bit = @as(u64, 1) << @intCast(slot);
            layout.all |= bit;
            const class = for (sizes, 0..) |known, number| {
                if (known == size) break number;
            } else return null;
            layout.of_size[class] |= bit;
        }
        return layout;
    }

    fn headerSize(layout: *const Layout) u64 {
        return @as(u64, @backingInt(layout.bitmap)) * 2;
    }

    pub fn sizeOf(layout: *const Layout, slot: u6) u64 {
        const bit = @as(u64, 1) << slot;
        for (sizes, layout.of_size) |size, slots| if (slots & bit != 0) return size;
        unreachable; // every slot has a size
    }

    /// Where the field of a slot is in a record that has the fields of the slots `present`.
    fn offsetOf(layout: *const Layout, slot: u6, present: u64) u64 {
        const before = present & ((@as(u64, 1) << slot) - 1);
        var offset = layout.headerSize();
        inline for (sizes, 0..) |size, class| offset += size * @popCount(before & layout.of_size[class]);
        return offset;
    }
};

/// What becomes of a field.
pub const Form = enum {
    /// The bytes as they are.
    copy1,
    copy2,
    copy4,
    copy8,
    /// A byte that is 0 or 1.
    boolean,
    /// A 64-bit signed integer as a double; one that no double holds exactly is refused.
    double,
    /// The position, as a double, of what the field points to.
    pointer,

    fn Field(comptime form: Form) type {
        return switch (form) {
            .copy1, .boolean => u8,
            .copy2 => u16,
            .copy4 => u32,
            .copy8 => u64,
            .double, .pointer => i64,
        };
    }

    pub fn fieldSize(form: Form) usize {
        return switch (form) {
            inline else => |f| @sizeOf(f.Field()),
        };
    }
};

pub const Column = struct {
    form: Form,
    slot: u6,
    /// One value for each record, in the size of the field.
    values: []u8,
    /// For each record 0 where it has a field, 1 where it lacks the slot, 2 where that is None. Empty: nobody asks.
    mask: []u8,
    /// The bits of a value for a record without a field.
    fill: u64,
    /// Whether a record without a field ends the gathering.
    refuses: bool,
};

/// Gathers the columns of `count` records. Answers the first cell that was refused, as its record's place times the
/// number of columns plus the number of the column; `null` where none was.
pub fn gather(
    region: []const u8,
    source: anytype,
    count: usize,
    layout: *const Layout,
    columns: []const Column,
    fault: *Fault,
) error{Corrupt}!?u64 {
    var reach: u64 = 0;
    for (columns) |column| reach = @max(reach, layout.offsetOf(column.slot, layout.all));
    const gatherer: Gatherer = .{ .region = region, .layout = layout, .columns = columns, .reach = reach };
    return walk(region, source, count, gatherer, fault);
}

/// Puts the positions of `target.len` records into `target`, and fetches `reach` bytes of each.
/// @param Position where -1 stands for a record that is not there; `i32` for regions of less than 2 GiB
pub fn locate(
    comptime Position: type,
    region: []const u8,
    source: anytype,
    target: []Position,
    reach: u64,
    fault: *Fault,
) error{Corrupt}!void {
    var positions: [block_size]u64 = undefined;
    var previous: u64 = absent;
    source.expect(region, 0, @min(place_distance, target.len));
    var start: usize = 0;
    while (start < target.len) : (start += block_size) {
        const expected = @min(start + place_distance, target.len);
        source.expect(region, expected, @min(block_size, target.len - expected));
        const block = positions[0..@min(block_size, target.len - start)];
        try source.locate(region, start, block, fault);
        for (target[start..][0..block.len], block) |*answer, position| {
            answer.* = switch (Position) {
                i32 => if (position == absent) -1 else @intCast(position),
                f64 => if (position == absent) missing_position else @floatFromInt(position),
                else => @compileError("positions are of two types"),
            };
            // What comes anyway would be waited for here, and not while records are read.
            const is_near = position -% previous <= row_distance;
            if (!is_near and position != absent) prefetchRange(region, position, reach);
            previous = position;
        }
    }
}

fn walk(region: []const u8, source: anytype, count: usize, visitor: anytype, fault: *Fault) error{Corrupt}!?u64 {
    // Of the records from `start` on, a place for each modulo the length.
    var positions: [2 * record_distance]u64 = undefined;
    const first = @min(record_distance, count);
    source.expect(region, 0, @min(place_distance, count));
    try locateBlock(region, source, 0, positions[0..first], visitor, fault);
    var start: usize = 0;
    while (start < count) : (start += block_size) {
        const expected = @min(start + place_distance, count);
        source.expect(region, expected, @min(block_size, count - expected));
        const located = @min(start + record_distance, count);
        const located_count = @min(block_size, count - located);
        if (located_count > 0) {
            const block = positions[located % positions.len ..][0..located_count];
            try locateBlock(region, source, located, block, visitor, fault);
        }
        const block = positions[start % positions.len ..][0..@min(block_size, count - start)];
        if (try visitor.visit(start, block, fault)) |refused| return refused;
    }
    return null;
}

comptime {
    assert(record_distance % block_size == 0 and place_distance % block_size == 0);
}

inline fn locateBlock(
    region: []const u8,
    source: anytype,
    start: usize,
    positions: []u64,
    visitor: anytype,
    fault: *Fault,
) error{Corrupt}!void {
    try source.locate(region, start, positions, fault);
    for (positions) |position| if (position != absent) visitor.expect(position);
}

const Gatherer = struct {
    region: []const u8,
    layout: *const Layout,
    columns: []const Column,
    /// Where the last field is in a full record.
    reach: u64,

    inline fn expect(gatherer: Gatherer, position: u64) void {
        prefetchRange(gatherer.region, position, gatherer.reach);
    }

    fn visit(gatherer: Gatherer, start: usize, positions: []const u64, fault: *Fault) error{Corrupt}!?u64 {
        // A cell of an earlier record is refused before those of later ones, whatever the column.
        var refused: ?u64 = null;
        for (gatherer.columns, 0..) |*column, number| {
            const place = try gatherer.visitColumn(column, start, positions, fault) orelse continue;
            const cell = (start + place) * gatherer.columns.len + number;
            refused = @min(refused orelse cell, cell);
        }
        return refused;
    }

    fn visitColumn(
        gatherer: Gatherer,
        column: *const Column,
        start: usize,
        positions: []const u64,
        fault: *Fault,
    ) error{Corrupt}!?usize {
        const layout = gatherer.layout;
        switch (layout.bitmap) {
            inline else => |bitmap| switch (column.form) {
                inline else => |form| {
                    const Bits = @Int(.unsigned, @as(u16, @backingInt(bitmap)) * 8);
                    return gatherBlock(Bits, form, gatherer.region, layout, column, start, positions, fault);
                },
            },
        }
    }
};

/// One column of a block. Answers the number of the first record that was refused.
fn gatherBlock(
    comptime Bits: type,
    comptime form: Form,
    region: []const u8,
    layout: *const Layout,
    column: *const Column,
    start: usize,
    positions: []const u64,
    fault: *Fault,
) error{Corrupt}!?usize {
    const Field = form.Field();
    const header_size = @sizeOf(Bits) * 2;
    const values = std.mem.bytesAsSlice(@Int(.unsigned, @bitSizeOf(Field)), column.values)[start..];
    const all: Bits = @truncate(layout.all);
    const bit = @as(Bits, 1) << @intCast(column.slot);
    const full_offset = layout.offsetOf(column.slot, layout.all);
    var known_present: u64 = layout.all;
    var known_offset = full_offset;
    for (positions, 0..) |position, number| {
        var state: State = .missing;
        var offset = full_offset;
        if (position != absent) {
            const room = region.len - position;
            if (room < header_size) return fault.corrupt(position, "a record leaves the bytes that are there");
            const set = readInt(Bits, region, position);
            const none = readInt(Bits, region, position + @sizeOf(Bits));
            if (set == all and none == 0) {
                state = .present;
            } else if (none & bit != 0) {
                state = .none;
            } else if (set & bit != 0) {
                state = .present;
                const present = set & ~none;
                // Few patterns of slots are common, and they come in runs.
                if (present != known_present) {
                    known_present = present;
                    known_offset = layout.offsetOf(column.slot, present);
                }
                offset = known_offset;
            }
            if (state == .present) {
                if (room < offset + @sizeOf(Field)) {
                    return fault.corrupt(position, "a record leaves the bytes that are there");
                }
                const field = readInt(Field, region, position + offset);
                values[number] = try convert(form, region, position, field, fault) orelse return number;
            }
        }
        if (column.mask.len > 0) column.mask[start + number] = @backingInt(state);
        if (state != .present) {
            if (column.refuses) return number;
            values[number] = switch (form) {
                .pointer => @bitCast(if (state == .none) none_position else missing_position),
                else => @truncate(column.fill),
            };
        }
    }
    return null;
}

/// As `Column.mask` says it.
const State = enum(u8) { present = 0, missing = 1, none = 2 };

/// The bits that stand for a field; `null` where nothing can.
inline fn convert(
    comptime form: Form,
    region: []const u8,
    position: u64,
    field: form.Field(),
    fault: *Fault,
) error{Corrupt}!?@Int(.unsigned, @bitSizeOf(form.Field())) {
    switch (form) {
        .copy1, .copy2, .copy4, .copy8 => return field,
        .boolean => return @intFromBool(field != 0),
        .double => {
            if (@abs(field) >= 1 << 53) return null;
            return @bitCast(@as(f64, @floatFromInt(field)));
        },
        .pointer => {
            const target = position +% @as(u64, @bitCast(field));
            if (target >= region.len) return fault.corrupt(position, "a pointer leads out of the bytes that are there");
            prefetch(region, target);
            return @bitCast(@as(f64, @floatFromInt(target)));
        },
    }
}

inline fn readInt(comptime T: type, region: []const u8, position: u64) T {
    return std.mem.readInt(T, region[@intCast(position)..][0..@sizeOf(T)], .little);
}

/// The lines of a range that has few: records have at most 64 fields of 8 bytes.
inline fn prefetchRange(region: []const u8, position: u64, length: u64) void {
    const line_size = 64;
    var offset: u64 = 0;
    while (offset < length) : (offset += line_size) prefetch(region, position + offset);
    prefetch(region, position + length);
}

/// Whatever address that is, fetching it in advance does no harm.
inline fn prefetch(region: []const u8, position: u64) void {
    const address = @intFromPtr(region.ptr) +% @as(usize, @truncate(position));
    @prefetch(@as([*]allowzero const u8, @ptrFromInt(address)), .{});
}

const testing = std.testing;

/// A region with one array of records of three slots, of 8, 4 and 2 bytes, behind bitmaps of 8 bits.
const Sample = struct {
    bytes: [record_array.header_size + 4 * record_size + 4 * 8]u8,
    array: RecordArray,

    const record_size = 16;
    const layout = Layout.init(.u8, &.{ 8, 4, 2 }).?;

    fn init() Sample {
        var sample: Sample = .{ .bytes = @splat(0), .array = undefined };
        const index = record_array.header_size + 4 * record_size;
        sample.array = .{ .offset = 0, .index_offset = index, .count = 4, .end = sample.bytes.len };
        sample.put(u8, sample.record(0), 7);
        sample.put(i64, sample.record(0) + 2, 5);
        sample.put(u32, sample.record(0) + 10, 6);
        sample.put(u16, sample.record(0) + 14, 7);
        // The slot of 8 bytes is None, so that the others move to the front.
        sample.put(u8, sample.record(1), 7);
        sample.put(u8, sample.record(1) + 1, 1);
        sample.put(u32, sample.record(1) + 2, 16);
        sample.put(u16, sample.record(1) + 6, 17);
        // The slot of 4 bytes is missing.
        sample.put(u8, sample.record(2), 5);
        sample.put(i64, sample.record(2) + 2, -25);
        sample.put(u16, sample.record(2) + 10, 27);
        for (0..4) |number| sample.put(u64, index + number * 8, sample.record(number));
        return sample;
    }

    fn record(_: *const Sample, number: usize) usize {
        return record_array.header_size + number * record_size;
    }

    fn put(sample: *Sample, comptime T: type, at: usize, value: T) void {
        std.mem.writeInt(T, sample.bytes[at..][0..@sizeOf(T)], value, .little);
    }
};

test "fields, and what is missing" {
    var sample: Sample = .init();
    var fault: Fault = .{};
    var wide: [4]i64 = undefined;
    var narrow: [4]u16 = undefined;
    var middle: [4]u32 = undefined;
    var masks: [3][4]u8 = undefined;
    const columns = [_]Column{
        .{ .form = .copy8, .slot = 0, .values = std.mem.sliceAsBytes(&wide), .mask = &masks[0], .fill = 99, .refuses = false },
        .{ .form = .copy4, .slot = 1, .values = std.mem.sliceAsBytes(&middle), .mask = &masks[1], .fill = 0, .refuses = false },
        .{ .form = .copy2, .slot = 2, .values = std.mem.sliceAsBytes(&narrow), .mask = &masks[2], .fill = 0, .refuses = false },
    };
    const numbers: Numbers = .{ .array = sample.array, .first = 0 };
    try testing.expectEqual(null, try gather(&sample.bytes, numbers, 4, &Sample.layout, &columns, &fault));
    try testing.expectEqualSlices(i64, &.{ 5, 99, -25, 99 }, &wide);
    try testing.expectEqualSlices(u32, &.{ 6, 16, 0, 0 }, &middle);
    try testing.expectEqualSlices(u16, &.{ 7, 17, 27, 0 }, &narrow);
    try testing.expectEqualSlices(u8, &.{ 0, 2, 0, 1 }, &masks[0]);
    try testing.expectEqualSlices(u8, &.{ 0, 0, 1, 1 }, &masks[1]);
    try testing.expectEqualSlices(u8, &.{ 0, 0, 0, 1 }, &masks[2]);
}

test "the first cell without a value is refused" {
    var sample: Sample = .init();
    var fault: Fault = .{};
    var middle: [4]u32 = undefined;
    var narrow: [4]u16 = undefined;
    const columns = [_]Column{
        .{ .form = .copy2, .slot = 2, .values = std.mem.sliceAsBytes(&narrow), .mask = &.{}, .fill = 0, .refuses = true },
        .{ .form = .copy4, .slot = 1, .values = std.mem.sliceAsBytes(&middle), .mask = &.{}, .fill = 0, .refuses = true },
    };
    const numbers: Numbers = .{ .array = sample.array, .first = 1 };
    try testing.expectEqual(1 * 2 + 1, try gather(&sample.bytes, numbers, 3, &Sample.layout, &columns, &fault));
}

test "integers that no double holds are refused" {
    var sample: Sample = .init();
    var fault: Fault = .{};
    var doubles: [1]f64 = undefined;
    const columns = [_]Column{
        .{ .form = .double, .slot = 0, .values = std.mem.sliceAsBytes(&doubles), .mask = &.{}, .fill = 0, .refuses = false },
    };
    const numbers: Numbers = .{ .array = sample.array, .first = 0 };
    const cases = [_]struct { i64, bool }{
        .{ (1 << 53) - 1, true },         .{ 1 - (1 << 53), true },         .{ 1 << 53, false },
        .{ std.math.minInt(i64), false }, .{ std.math.maxInt(i64), false },
    };
    for (cases) |case| {
        const value, const fits = case;
        sample.put(i64, sample.record(0) + 2, value);
        const refused = try gather(&sample.bytes, numbers, 1, &Sample.layout, &columns, &fault);
        try testing.expectEqual(if (fits) null else @as(?u64, 0), refused);
        if (fits) try testing.expectEqual(@as(f64, @floatFromInt(value)), doubles[0]);
    }
}

test "rows lead to records, and what leads out of its range is corrupt" {
    var sample: Sample = .init();
    var fault: Fault = .{};
    // Rows of (key, value) of 4 bytes each, in place of the last record.
    const rows_at = sample.record(3);
    for ([_]u32{ 2, 0 }, 0..) |number, row| sample.put(u32, rows_at + row * 8 + 4, number);
    const rows: Rows(u32) = .{ .array = sample.array, .values_offset = rows_at + 4, .row_size = 8, .first = 0 };
    var positions: [2]f64 = undefined;
    try locate(f64, &sample.bytes, rows, &positions, 0, &fault);
    try testing.expectEqualSlices(f64, &.{ @floatFromInt(sample.record(2)), @floatFromInt(sample.record(0)) }, &positions);

    var narrow: [3]i32 = undefined;
    const numbers: Numbers = .{ .array = sample.array, .first = 1 };
    try locate(i32, &sample.bytes, numbers, &narrow, 16, &fault);
    for (narrow, 1..) |position, number| try testing.expectEqual(@as(i32, @intCast(sample.record(number))), position);
    const somewhere: Positions = .{ .positions = &.{ -1, 60, -1 } };
    try locate(i32, &sample.bytes, somewhere, &narrow, 16, &fault);
    try testing.expectEqualSlices(i32, &.{ -1, 60, -1 }, &narrow);

    sample.put(u32, rows_at + 12, 4);
    try testing.expectError(error.Corrupt, locate(f64, &sample.bytes, rows, &positions, 0, &fault));
    try testing.expectEqual(rows_at + 12, fault.position);
    sample.put(u32, rows_at + 12, 0);
    for ([_]u64{ 0, record_array.header_size - 1, sample.bytes.len, std.math.maxInt(u64) }) |offset| {
        sample.put(u64, sample.array.index_offset, offset);
        try testing.expectError(error.Corrupt, locate(f64, &sample.bytes, rows, &positions, 0, &fault));
        try testing.expectEqual(sample.array.index_offset, fault.position);
    }
}

test "pointers and positions" {
    var sample: Sample = .init();
    var fault: Fault = .{};
    var targets: [3]f64 = undefined;
    const columns = [_]Column{
        .{ .form = .pointer, .slot = 0, .values = std.mem.sliceAsBytes(&targets), .mask = &.{}, .fill = 0, .refuses = false },
    };
    const at: f64 = @floatFromInt(sample.record(0));
    const somewhere: Positions = .{ .positions = &.{ -1, at, @floatFromInt(sample.record(1)) } };
    try testing.expectEqual(null, try gather(&sample.bytes, somewhere, 3, &Sample.layout, &columns, &fault));
    try testing.expectEqualSlices(f64, &.{ missing_position, at + 5, none_position }, &targets);
    for ([_]i64{ std.math.minInt(i64), std.math.maxInt(i64), -57, sample.bytes.len }) |pointer| {
        sample.put(i64, sample.record(0) + 2, pointer);
        try testing.expectError(error.Corrupt, gather(&sample.bytes, somewhere, 3, &Sample.layout, &columns, &fault));
    }
    for ([_]f64{ @floatFromInt(sample.bytes.len), std.math.inf(f64), std.math.nan(f64), 1e300 }) |position| {
        const outside: Positions = .{ .positions = &.{position} };
        try testing.expectError(error.Corrupt, gather(&sample.bytes, outside, 1, &Sample.layout, &columns, &fault));
    }
    // The header of a record at the end leaves the region.
    const last: Positions = .{ .positions = &.{@floatFromInt(sample.bytes.len - 1)} };
    try testing.expectError(error.Corrupt, gather(&sample.bytes, last, 1, &Sample.layout, &columns, &fault));
}

test "layouts" {
    try testing.expectEqual(null, Layout.init(.u8, &.{ 1, 1, 1, 1, 1, 1, 1, 1, 1 }));
    try testing.expectEqual(null, Layout.init(.u8, &.{3}));
    const eights: [40]u8 = @splat(8);
    const layout = Layout.init(.u64, &(eights ++ [_]u8{ 4, 2, 1 })).?;
    try testing.expectEqual(16 + 40 * 8 + 6, layout.offsetOf(42, layout.all));
    try testing.expectEqual(16 + 8 + 2, layout.offsetOf(42, 1 << 3 | 1 << 41 | 1 << 42));
}
