//! What the machine itself allows, for the benchmarks to compare with. Linux alone.
//!
//!     limits latency BYTES small|huge
//!         loads that wait for one another, over a buffer of so many bytes: a walk that visits each cache line once
//!     limits bandwidth BYTES
//!         summing a buffer from its start to its end
//!     limits gather FILE ROWS ROW_COUNT ROW_BYTES VALUE VALUE_BYTES POSITIONS BASE FIELD
//!         one uint32 field of the record of each row of an id table, into an array, with prefetching, then summed. ROWS: where the
//!         rows are in the file; VALUE: where a row has the index of its record; POSITIONS: where the positions of the
//!         records are, which count from BASE; FIELD: where the field is in a record that has all, of which a record's first
//!         two bytes tell. Nothing else is checked.
//!
//! Each prints the nanoseconds of every round, a number a line: for a load, for all bytes, for a record.

const std = @import("std");
const linux = std.os.linux;

const line_bytes = 64;
const round_count = 7;

pub fn main(init: std.process.Init) !void {
    const arguments = (try init.minimal.args.toSlice(init.arena.allocator()))[1..];
    if (arguments.len == 3 and std.mem.eql(u8, arguments[0], "latency")) {
        return latency(try number(arguments[1]), std.mem.eql(u8, arguments[2], "huge"));
    }
    if (arguments.len == 2 and std.mem.eql(u8, arguments[0], "bandwidth")) {
        return bandwidth(try number(arguments[1]));
    }
    if (arguments.len == 10 and std.mem.eql(u8, arguments[0], "gather")) {
        var numbers: [8]usize = undefined;
        for (&numbers, arguments[2..]) |*each, text| each.* = try number(text);
        return gather(arguments[1], numbers);
    }
    return error.WrongArguments;
}

fn number(text: []const u8) !usize {
    return std.fmt.parseInt(usize, text, 10);
}

fn print(nanoseconds: f64) void {
    var buffer: [64]u8 = undefined;
    const text = std.fmt.bufPrint(&buffer, "{d:.4}\n", .{nanoseconds}) catch unreachable;
    _ = linux.write(1, text.ptr, text.len);
}

fn now() f64 {
    var time: linux.timespec = undefined;
    _ = linux.clock_gettime(.MONOTONIC, &time);
    return @as(f64, @floatFromInt(time.sec)) * std.time.ns_per_s + @as(f64, @floatFromInt(time.nsec));
}

const Pages = enum { small, huge };

fn allocate(size: usize, pages: Pages) ![]align(line_bytes) u8 {
    const result = linux.mmap(
        null,
        size,
        .{ .READ = true, .WRITE = true },
        .{ .TYPE = .PRIVATE, .ANONYMOUS = true },
        -1,
        0,
    );
    if (linux.errno(result) != .SUCCESS) return error.OutOfMemory;
    const start: [*]align(std.heap.page_size_min) u8 = @ptrFromInt(result);
    _ = linux.madvise(start, size, if (pages == .huge) linux.MADV.HUGEPAGE else linux.MADV.NOHUGEPAGE);
    return start[0..size];
}

fn latency(size: usize, huge: bool) !void {
    const memory = try allocate(size, if (huge) .huge else .small);
    const count = size / line_bytes;
    const order = try std.heap.page_allocator.alloc(u32, count);
    for (order, 0..) |*each, index| each.* = @intCast(index);
    var generator: std.Random.DefaultPrng = .init(1);
    generator.random().shuffle(u32, order);
    for (order, 0..) |from, index| {
        link(memory, from).* = order[(index + 1) % count];
    }
    std.heap.page_allocator.free(order);
    const steps = 1_000_000;
    var at: u32 = 0;
    for (0..round_count) |_| {
        const start = now();
        for (0..steps) |_| at = link(memory, at).*;
        print((now() - start) / steps);
        std.mem.doNotOptimizeAway(at);
    }
}

fn link(memory: []align(line_bytes) u8, line: u32) *u32 {
    return @ptrCast(@alignCast(&memory[@as(usize, line) * line_bytes]));
}

fn bandwidth(size: usize) !void {
    const memory = try allocate(size, .small);
    const Vector = @Vector(32, u64);
    const items: []Vector = @alignCast(std.mem.bytesAsSlice(Vector, memory[0 .. size - size % @sizeOf(Vector)]));
    for (items, 0..) |*item, index| item.* = @splat(index);
    for (0..round_count) |_| {
        const start = now();
        var sum: Vector = @splat(0);
        for (items) |item| sum +%= item;
        print(now() - start);
        std.mem.doNotOptimizeAway(sum);
    }
}

fn mapFile(path: [:0]const u8) ![]const u8 {
    const opened = linux.open(path, .{ .ACCMODE = .RDONLY }, 0);
    if (linux.errno(opened) != .SUCCESS) return error.CannotOpen;
    const descriptor: i32 = @intCast(opened);
    const size: usize = @intCast(linux.lseek(descriptor, 0, linux.SEEK.END));
    const result = linux.mmap(null, size, .{ .READ = true }, .{ .TYPE = .PRIVATE }, descriptor, 0);
    if (linux.errno(result) != .SUCCESS) return error.CannotMap;
    const start: [*]const u8 = @ptrFromInt(result);
    return start[0..size];
}

/// How many rows ahead the position of a record is asked for, and how many ahead the record itself.
const position_distance = 64;
const record_distance = 32;

/// Where an id table and the records that it leads to are in a file.
const Table = struct {
    bytes: []const u8,
    rows: usize,
    row_count: usize,
    row_bytes: usize,
    value: usize,
    value_bytes: usize,
    positions: usize,
    base: usize,
    field: usize,
    /// The bitmap of a record that has all slots.
    all: u8,

    /// Where the position of the record of a row is.
    fn slot(table: *const Table, row: usize) usize {
        const at = table.rows + row * table.row_bytes + table.value;
        const wide = table.value_bytes == 8;
        return table.positions + 8 * (if (wide) table.read(u64, at) else table.read(u32, at));
    }

    /// Where the record of a row is.
    fn record(table: *const Table, row: usize) usize {
        return table.base + table.read(u64, table.slot(row));
    }

    /// The field of a record; nothing is known of where it is in one that lacks a slot.
    fn cell(table: *const Table, record_at: usize) !u32 {
        const none = table.bytes[record_at + 1];
        if (table.bytes[record_at] != table.all or none != 0) return error.RecordLacksSlot;
        return @intCast(table.read(u32, record_at + table.field));
    }

    fn read(table: *const Table, comptime Integer: type, at: usize) usize {
        return @intCast(std.mem.readInt(Integer, table.bytes[at..][0..@sizeOf(Integer)], .little));
    }
};

fn gather(path: [:0]const u8, numbers: [8]usize) !void {
    var table: Table = .{
        .bytes = try mapFile(path),
        .rows = numbers[0],
        .row_count = numbers[1],
        .row_bytes = numbers[2],
        .value = numbers[3],
        .value_bytes = numbers[4],
        .positions = numbers[5],
        .base = numbers[6],
        .field = numbers[7],
        .all = undefined,
    };
    table.all = table.bytes[table.record(0)];
    const last = table.row_count - 1;
    // The first round maps the pages.
    for (0..round_count + 1) |round| {
        const start = now();
        // New memory each time, as whoever asks for a column gets: to have its pages takes time, too.
        const column = try std.heap.page_allocator.alloc(u32, table.row_count);
        defer std.heap.page_allocator.free(column);
        for (column, 0..) |*cell, row| {
            @prefetch(table.bytes.ptr + table.slot(@min(row + position_distance, last)), .{});
            const next = table.bytes.ptr + table.record(@min(row + record_distance, last));
            @prefetch(next, .{});
            @prefetch(next + table.field, .{});
            cell.* = try table.cell(table.record(row));
        }
        var sum: u64 = 0;
        for (column) |cell| sum += cell;
        if (round > 0) print((now() - start) / @as(f64, @floatFromInt(table.row_count)));
        std.mem.doNotOptimizeAway(sum);
    }
}
