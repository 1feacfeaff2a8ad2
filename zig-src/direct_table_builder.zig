//! Fills the lines of a direct table from the rows of an id table.

const std = @import("std");
const direct_table = @import("direct_table.zig");
const id_table = @import("id_table.zig");
const Fault = @import("faults.zig").Fault;
const Window = direct_table.Window;

/// How many rows ahead memory is fetched.
const distance = 16;

/// Adds the rows whose keys belong into the window. `payloads.of(value)` answers what is to be found under a row's
/// value, or that the value is corrupt; `payloads.prefetch(value)` fetches what that needs.
pub fn fill(
    comptime Column: type,
    comptime kind: id_table.Kind,
    rows: id_table.Rows(Column, kind),
    keys: id_table.KeyRange,
    payloads: anytype,
    window: Window,
    fault: *Fault,
) error{ Corrupt, Overfull }!void {
    const start = if (kind == .string) firstInWindow(Column, kind, rows, window, window.first) else 0;
    const end = if (kind == .string)
        firstInWindow(Column, kind, rows, window, window.first + window.homes())
    else
        rows.count;
    for (start..end) |row| {
        if (row + distance < end) payloads.prefetch(rows.value(row + distance));
        const column = rows.key(row);
        switch (kind) {
            .numeric => {
                if (row > 0 and rows.key(row - 1) == column) continue;
                const spread = direct_table.spreadNumber(column);
                if (!window.holds(spread)) continue;
                try window.add(spread, column, try payloads.of(rows.value(row), fault));
            },
            .string => {
                const spread = direct_table.spreadHash(Column, column);
                // The rows between two that belong here, unless they are out of order, or zeros by now.
                if (!window.holds(spread)) return fault.corrupt(keys.origin, "the rows of an id table are out of order");
                if (try isRepeated(Column, rows, keys, row, fault)) continue;
                const pointer = rows.column(row, 1);
                if (pointer > direct_table.pointer_max) return error.Overfull;
                const key = direct_table.stringKey(column, pointer);
                const payload = try payloads.of(rows.value(row), fault);
                try window.add(spread, key, payload);
            },
        }
    }
}

/// Rows of strings are in the order of the lines that they belong to.
fn firstInWindow(
    comptime Column: type,
    comptime kind: id_table.Kind,
    rows: id_table.Rows(Column, kind),
    window: Window,
    line: u64,
) usize {
    var low: usize = 0;
    var high = rows.count;
    while (low < high) {
        const middle = low + (high - low) / 2;
        const home = window.homeOf(direct_table.spreadHash(Column, rows.key(middle)));
        if (home < line) low = middle + 1 else high = middle;
    }
    return low;
}

/// Whether the row before has the same key; a table where others have it in between only has it twice.
fn isRepeated(
    comptime Column: type,
    rows: id_table.Rows(Column, .string),
    keys: id_table.KeyRange,
    row: usize,
    fault: *Fault,
) error{Corrupt}!bool {
    if (row == 0 or rows.key(row - 1) != rows.key(row)) return false;
    const position = @intFromPtr(rows.start) + row * @TypeOf(rows).row_size - @intFromPtr(keys.region.ptr);
    const before = try keys.at(rows.column(row - 1, 1), position, fault);
    const stored = try keys.at(rows.column(row, 1), position, fault);
    return before.compressed == stored.compressed and std.mem.eql(u8, before.payload, stored.payload);
}

const testing = std.testing;
const builder = @import("id_table_builder.zig");

const Same = struct {
    pub fn prefetch(_: Same, _: u64) void {}
    pub fn of(_: Same, value: u64, _: *Fault) error{Corrupt}!u64 {
        return value + 1;
    }
};

const Equal = struct {
    key: u64,

    pub fn matches(equal: Equal, stored: u64, _: u64) ?bool {
        return stored == equal.key;
    }
};

test "of equal numbers the first row counts, window by window" {
    var prng: std.Random.DefaultPrng = .init(13);
    const random = prng.random();
    const count = 800;
    var rows: [count][2]u64 = undefined;
    var scratch = rows;
    for (&rows, 0..) |*row, i| row.* = .{ random.uintLessThan(u64, 300), i };
    builder.sort(u64, 2, &rows, &scratch, false);
    const table: id_table.Rows(u64, .numeric) = .init(std.mem.sliceAsBytes(&rows), count);
    const homes = direct_table.homeCountFor(count);
    const header_size = direct_table.line_size;
    const size = header_size + (homes + direct_table.probes_max) * direct_table.line_size;
    const body = try testing.allocator.alloc(u8, @intCast(size));
    defer testing.allocator.free(body);
    @memset(body, 0);
    direct_table.writeHeader(body[0..direct_table.header_size], header_size, .values, homes);
    const keys: id_table.KeyRange = .{ .region = &.{}, .origin = 0, .start = 0, .end = 0 };
    var fault: Fault = .{};
    var first: u64 = 0;
    while (first < homes) : (first += 50) {
        const end = @min(first + 50, homes);
        const from: usize = @intCast(header_size + first * direct_table.line_size);
        const to: usize = @intCast(header_size + (end + direct_table.probes_max) * direct_table.line_size);
        const window: Window = .{ .lines = body[from..to], .first = first, .home_count = homes };
        try fill(u64, .numeric, table, keys, Same{}, window, &fault);
        window.seal(end == homes);
    }
    const direct = direct_table.DirectTable.read(body, 0, body.len, .values).?;
    for (0..300) |key| {
        const expected = for (rows) |row| {
            if (row[0] == key) break direct_table.Answer{ .payload = row[1] + 1 };
        } else direct_table.Answer.absent;
        const spread = direct_table.spreadNumber(key);
        try testing.expectEqual(expected, direct.find(body, direct.home(spread), Equal{ .key = key }));
    }
}

test "rows of strings that are out of order are refused, wherever they would belong" {
    const count = 400;
    var rows: [count][3]u64 = undefined;
    for (&rows, 0..) |*row, i| row.* = .{ @as(u64, i) << 55, 16, i };
    const homes = direct_table.homeCountFor(count);
    const first = homes / 2;
    var lines: [(40 + direct_table.probes_max) * direct_table.line_size]u8 = @splat(0);
    const window: Window = .{ .lines = &lines, .first = first, .home_count = homes };
    const table: id_table.Rows(u64, .string) = .init(std.mem.sliceAsBytes(&rows), count);
    const start = firstInWindow(u64, .string, table, window, window.first);
    var fault: Fault = .{};
    const keys: id_table.KeyRange = .{ .region = &.{}, .origin = 0, .start = 0, .end = 0 };
    try fill(u64, .string, table, keys, Same{}, window, &fault);
    var refused: usize = 0;
    for (start..start + 100) |row| {
        for ([_]u64{ 0, std.math.maxInt(u64) }) |hash| {
            const before = rows[row][0];
            rows[row][0] = hash;
            defer rows[row][0] = before;
            @memset(&lines, 0);
            // A row by which the rows of the window are found leads to others, in order.
            fill(u64, .string, table, keys, Same{}, window, &fault) catch |err| {
                try testing.expectEqual(error.Corrupt, err);
                refused += 1;
            };
        }
    }
    try testing.expect(refused > 100);
}
