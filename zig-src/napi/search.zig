//! Export: functions that search an id table. All that a search needs is behind the function's data pointer, and one
//! function is compiled for each form of table and answer, so that a call decides nothing that was known before.

const std = @import("std");
const api = @import("api.zig");
const hashing = @import("../hash.zig");
const id_table = @import("../id_table.zig");
const os = @import("../os.zig");
const values = @import("values.zig");
const RegionHandle = @import("region_handle.zig").RegionHandle;
const Fault = @import("../faults.zig").Fault;
const c = api.c;
const Call = values.Call;
const Error = values.Error;
const Value = values.Value;

const Answer = enum { row, value, position, rows };

/// What is looked for.
const Keys = enum {
    /// Unsigned integers.
    numeric,
    /// Strings, by the hash that stands in for them; integers are such hashes.
    approx,
    /// Strings.
    string,
    /// The hashes of keys that are stored: whose keys they are, others know.
    hash,

    fn stored(comptime keys: Keys) id_table.Kind {
        return switch (keys) {
            .numeric, .approx => .numeric,
            .string, .hash => .string,
        };
    }
};

/// Of an id table, the header: where row 0 is, for one.
const header_size = 16;
/// Of an array, what comes before its first record.
const array_header_size = 56;

/// Where a table is, checked against the size of its region.
const Table = struct {
    offset: u64,
    rows_offset: u64,
    row_count: u64,
    keys_end: u64,
};

/// Where the array is that the values number.
const Array = struct {
    offset: u64 = 0,
    index_offset: u64 = 0,
    count: u64 = 0,
    end: u64 = 0,
};

fn Search(comptime Column: type, comptime keys: Keys) type {
    return struct {
        handle: *RegionHandle,
        table: Table,
        array: Array,
        line: if (keys == .numeric) id_table.Interpolation(Column) else void,
        /// Where the numbers of rows are put.
        found: []f64,

        const Self = @This();
        const Rows = id_table.Rows(Column, keys.stored());

        inline fn hint(search: *const Self, key: Column) usize {
            if (keys == .numeric) return search.line.hint(key);
            return id_table.hashHint(Column, key, @intCast(search.table.row_count));
        }

        fn rows(search: *const Self, region: []const u8) Rows {
            const size = search.table.row_count * Rows.row_size;
            const bytes = region[@intCast(search.table.rows_offset)..][0..@intCast(size)];
            return .init(bytes, @intCast(search.table.row_count));
        }

        fn finalize(env: c.napi_env, data: ?*anyopaque, _: ?*anyopaque) callconv(.c) void {
            const search: *Self = @ptrCast(@alignCast(data));
            const handle = search.handle;
            const environment = handle.environment;
            environment.destroy(search);
            handle.release(env);
        }
    };
}

/// createSearch(handle, spec)
pub fn createSearch(call: *Call) Error!Value {
    const spec = call.arguments[1];
    const width = try call.width(try call.property(spec, "width"));
    const keys = try call.choice(Keys, try call.property(spec, "keys"), "keys");
    switch (width) {
        inline else => |w| switch (keys) {
            inline else => |k| return create(if (w == .wide) u64 else u32, k, call, spec),
        },
    }
}

fn create(comptime Column: type, comptime keys: Keys, call: *Call, spec: Value) Error!Value {
    const State = Search(Column, keys);
    const handle = try RegionHandle.unwrap(call, call.arguments[0]);
    const region = try handle.view(call.env);
    const answer = try call.choice(Answer, try call.property(spec, "answer"), "answer");
    const table = try readTable(call, spec, region.len, State.Rows.row_size, keys);
    const array: Array = if (answer == .position) try readArray(call, spec, region.len) else .{};
    const found = if (answer == .rows) try readFound(call, spec) else null;

    const search = try call.environment.create(State);
    search.* = .{
        .handle = handle,
        .table = table,
        .array = array,
        .line = undefined,
        .found = if (found) |place| place.memory else &.{},
    };
    if (keys == .numeric) search.line = .init(search.rows(region));
    handle.retain();
    const function = try newFunction(State, call, search, switch (answer) {
        inline else => |a| callback(Column, keys, a),
    });
    if (found) |place| try call.keepAliveAs("keepsFound", function, place.value);
    return function;
}

/// The numbers that `rows` fills in, which nobody may detach.
fn readFound(call: *Call, spec: Value) Error!struct { value: Value, memory: []f64 } {
    const value = try call.property(spec, "found");
    const memory = values.doublesOf(call.env, value) orelse {
        return call.fault.invalid("expected found to be a Float64Array", .{});
    };
    if (memory.len == 0) return call.fault.invalid("expected found to have room", .{});
    return .{ .value = value, .memory = memory };
}

fn newFunction(comptime State: type, call: *Call, search: *State, run: c.napi_callback) Error!Value {
    const function = call.newFunction("search", run, search) catch |err| {
        State.finalize(call.env, search, null);
        return err;
    };
    const status = api.call(.napi_add_finalizer, .{ call.env, function, search, &State.finalize, null, null });
    call.check(status) catch |err| {
        State.finalize(call.env, search, null);
        return err;
    };
    try call.keepAlive(function, call.arguments[0]);
    return function;
}

fn readTable(call: *Call, spec: Value, region_size: u64, row_size: u64, keys: Keys) Error!Table {
    const table: Table = .{
        .offset = try call.integerOf(try call.property(spec, "tableOffset"), "tableOffset"),
        .rows_offset = try call.integerOf(try call.property(spec, "rowsOffset"), "rowsOffset"),
        .row_count = try call.integerOf(try call.property(spec, "rowCount"), "rowCount"),
        .keys_end = try call.integerOf(try call.property(spec, "keysEnd"), "keysEnd"),
    };
    if (table.rows_offset > region_size or table.row_count > (region_size - table.rows_offset) / row_size) {
        return call.fault.corrupt(table.rows_offset, "the rows of an id table do not fit into the region");
    }
    if (keys == .string and (table.offset > region_size or table.keys_end > region_size)) {
        return call.fault.corrupt(table.offset, "the keys of an id table do not fit into the region");
    }
    return table;
}

fn readArray(call: *Call, spec: Value, region_size: u64) Error!Array {
    const array: Array = .{
        .offset = try call.integerOf(try call.property(spec, "arrayOffset"), "arrayOffset"),
        .index_offset = try call.integerOf(try call.property(spec, "arrayIndexOffset"), "arrayIndexOffset"),
        .count = try call.integerOf(try call.property(spec, "arrayCount"), "arrayCount"),
        .end = try call.integerOf(try call.property(spec, "arrayEnd"), "arrayEnd"),
    };
    if (array.end > region_size or array.offset > array.end) {
        return call.fault.corrupt(array.offset, "an array does not fit into the region");
    }
    if (array.index_offset > region_size or array.count > (region_size - array.index_offset) / @sizeOf(u64)) {
        return call.fault.corrupt(array.index_offset, "the index of an array does not fit into the region");
    }
    return array;
}

fn callback(comptime Column: type, comptime keys: Keys, comptime answer: Answer) c.napi_callback {
    return &struct {
        fn run(env: c.napi_env, info: c.napi_callback_info) callconv(.c) Value {
            const arguments_max = if (answer == .rows) 2 else 1;
            var arguments: [arguments_max]Value = undefined;
            var count: usize = arguments_max;
            var data: ?*anyopaque = null;
            _ = api.call(.napi_get_cb_info, .{ env, info, &count, &arguments, null, &data });
            const search: *Search(Column, keys) = @ptrCast(@alignCast(data));
            var call: Call = .{ .env = env, .environment = search.handle.environment };
            return search.handle.settle(&call, if (answer == .rows)
                collect(Column, keys, &call, search, arguments[0], arguments[1])
            else
                lookUp(Column, keys, answer, &call, search, arguments[0]));
        }
    }.run;
}

fn lookUp(
    comptime Column: type,
    comptime keys: Keys,
    comptime answer: Answer,
    call: *Call,
    search: *Search(Column, keys),
    key: Value,
) Error!Value {
    const region = try search.handle.view(call.env);
    const rows = search.rows(region);
    const found = if (keys == .string)
        try findString(Column, answer, call, search, region, rows, key)
    else number: {
        const number = try firstColumnOf(Column, keys, call, key) orelse break :number null;
        break :number id_table.findNumber(Column, keys.stored(), rows, number, search.hint(number));
    };
    const row = found orelse return switch (answer) {
        .value => call.undefinedValue(),
        .row, .position => call.number(-1),
        .rows => comptime unreachable,
    };
    return switch (answer) {
        .row => call.number(@floatFromInt(row)),
        .value => newInteger(call, rows.value(row)),
        .position => call.number(@floatFromInt(try positionOf(call, &search.array, region, rows.value(row)))),
        .rows => comptime unreachable,
    };
}

/// What stands in the first column for a key that is not stored itself, or that others compare.
fn firstColumnOf(comptime Column: type, comptime keys: Keys, call: *Call, key: Value) Error!?Column {
    if (numberOf(Column, call.env, key)) |number| return number;
    if (keys != .approx) return null;
    var text: KeyText = undefined;
    if (!try text.init(call.env, key)) return null;
    defer text.deinit();
    if (!try text.isWellFormed(call.env, key)) return null;
    return hashing.hashFor(Column, text.utf8);
}

/// Fills in the numbers of the rows with the key, as many as there is room for; from row `start` on, which the answer
/// before ended at, or anew where it is 0. Answers how many.
fn collect(
    comptime Column: type,
    comptime keys: Keys,
    call: *Call,
    search: *Search(Column, keys),
    key: Value,
    start: Value,
) Error!Value {
    const region = try search.handle.view(call.env);
    const rows = search.rows(region);
    const first = try call.integerOf(start, "start");
    const from: ?usize = if (first == 0) null else @intCast(@min(first, rows.count));
    const count = if (keys == .string)
        try collectStrings(Column, call, search, region, rows, key, from)
    else number: {
        const number = try firstColumnOf(Column, keys, call, key) orelse break :number 0;
        break :number fillNumbers(rows, number, from orelse rows.lowerBound(number, search.hint(number)), search.found);
    };
    return call.number(@floatFromInt(count));
}

fn fillNumbers(rows: anytype, number: anytype, start: usize, found: []f64) usize {
    var count: usize = 0;
    while (count < found.len and start + count < rows.count and rows.key(start + count) == number) : (count += 1) {
        found[count] = @floatFromInt(start + count);
    }
    return count;
}

fn collectStrings(
    comptime Column: type,
    call: *Call,
    search: *Search(Column, .string),
    region: []const u8,
    rows: id_table.Rows(Column, .string),
    key: Value,
    from: ?usize,
) Error!usize {
    var text: KeyText = undefined;
    if (!try text.init(call.env, key)) return 0;
    defer text.deinit();
    const hash = hashing.hashFor(Column, text.utf8);
    const stored = keysOf(&search.table, region);
    var row = from orelse rows.lowerBound(hash, search.hint(hash));
    var count: usize = 0;
    while (count < search.found.len) : (count += 1) {
        const match = try id_table.findStringFrom(Column, rows, stored, text.utf8, hash, row, Unexpecting{}, &call.fault);
        search.found[count] = @floatFromInt(match orelse break);
        row = match.? + 1;
    }
    return if (count > 0 and !try text.isWellFormed(call.env, key)) 0 else count;
}

fn keysOf(table: *const Table, region: []const u8) id_table.KeyRange {
    return .{
        .region = region,
        .origin = table.offset,
        .start = table.offset + header_size,
        .end = table.keys_end,
    };
}

fn newInteger(call: *Call, value: u64) Error!Value {
    return if (value <= values.safe_integer_max) call.number(@floatFromInt(value)) else call.bigint(value);
}

/// Where the record of that number is.
fn positionOf(call: *Call, array: *const Array, region: []const u8, number: u64) Error!u64 {
    if (number >= array.count) {
        return call.fault.corrupt(array.index_offset, "an id table numbers a record that its array does not have");
    }
    const slot = array.index_offset + number * @sizeOf(u64);
    const offset = std.mem.readInt(u64, region[@intCast(slot)..][0..@sizeOf(u64)], .little);
    if (offset < array_header_size or offset >= array.end - array.offset) {
        return call.fault.corrupt(slot, "the index of an array points outside of the array");
    }
    // The caller reads the record next; a prefetch of whatever address cannot fault.
    const position = array.offset + offset;
    @prefetch(region.ptr + @as(usize, @intCast(position)), .{});
    return position;
}

/// A key of a numeric table; `null` for what cannot be one.
fn numberOf(comptime Column: type, env: c.napi_env, key: Value) ?Column {
    var double: f64 = undefined;
    if (api.call(.napi_get_value_double, .{ env, key, &double }) == c.napi_ok) {
        return std.math.cast(Column, values.asInteger(double) orelse return null);
    }
    var integer: u64 = undefined;
    var lossless = false;
    const status = api.call(.napi_get_value_bigint_uint64, .{ env, key, &integer, &lossless });
    if (status != c.napi_ok or !lossless) return null;
    return std.math.cast(Column, integer);
}

fn findString(
    comptime Column: type,
    comptime answer: Answer,
    call: *Call,
    search: *Search(Column, .string),
    region: []const u8,
    rows: id_table.Rows(Column, .string),
    key: Value,
) Error!?usize {
    var text: KeyText = undefined;
    if (!try text.init(call.env, key)) return null;
    defer text.deinit();
    const keys = keysOf(&search.table, region);
    const hash = hashing.hashFor(Column, text.utf8);
    const Expected = Expecting(answer);
    const expecting: Expected = if (answer == .position) .{ .region = region, .array = &search.array } else .{};
    const row = try id_table.findString(Column, rows, keys, text.utf8, hash, expecting, &call.fault) orelse return null;
    return if (try text.isWellFormed(call.env, key)) row else null;
}

/// Fetches nothing while a key is being compared.
const Unexpecting = struct {
    pub inline fn expect(_: @This(), _: u64) void {}
};

/// Fetches the slot of a record while its key is being compared.
fn Expecting(comptime answer: Answer) type {
    if (answer != .position) return Unexpecting;
    return struct {
        region: []const u8,
        array: *const Array,

        pub inline fn expect(expecting: @This(), value: u64) void {
            if (value >= expecting.array.count) return;
            const slot = expecting.array.index_offset + value * @sizeOf(u64);
            @prefetch(expecting.region.ptr + @as(usize, @intCast(slot)), .{});
        }
    };
}

/// A key as UTF-8, on the stack unless it is long.
const KeyText = struct {
    utf8: []const u8,
    kind: enum { string, bytes },
    pages: []align(os.page_alignment) u8,
    buffer: [buffer_size]u8,

    const buffer_size = 4096;
    /// Node-API converts whole characters only, so that it may leave so many bytes of room unused.
    const slack = 4;

    /// False for what is neither a string nor a Uint8Array.
    fn init(text: *KeyText, env: c.napi_env, key: Value) Error!bool {
        text.pages = &.{};
        text.kind = .string;
        var length: usize = undefined;
        const status = api.call(.napi_get_value_string_utf8, .{ env, key, &text.buffer, buffer_size, &length });
        if (status == c.napi_ok) {
            text.utf8 = text.buffer[0..length];
            if (length + slack >= buffer_size) try text.initLong(env, key);
            return true;
        }
        text.kind = .bytes;
        text.utf8 = values.bytesOf(env, key) orelse return false;
        return true;
    }

    fn initLong(text: *KeyText, env: c.napi_env, key: Value) Error!void {
        var length: usize = undefined;
        if (api.call(.napi_get_value_string_utf8, .{ env, key, null, 0, &length }) != c.napi_ok) return error.Runtime;
        text.pages = try os.allocatePages(length + 1);
        errdefer text.deinit();
        const status = api.call(.napi_get_value_string_utf8, .{ env, key, text.pages.ptr, length + 1, &length });
        if (status != c.napi_ok) return error.Runtime;
        text.utf8 = text.pages[0..length];
    }

    fn deinit(text: *KeyText) void {
        if (text.pages.len > 0) os.freePages(text.pages);
    }

    /// Whether the string that was converted has no lone surrogates. They become U+FFFD, so that a string with them
    /// would be taken for a key that really has that character.
    fn isWellFormed(text: *const KeyText, env: c.napi_env, key: Value) Error!bool {
        if (text.kind == .bytes or std.mem.find(u8, text.utf8, "\u{fffd}") == null) return true;
        var length: usize = undefined;
        if (api.call(.napi_get_value_string_utf16, .{ env, key, null, 0, &length }) != c.napi_ok) return error.Runtime;
        const pages = try os.allocatePages((length + 1) * @sizeOf(u16));
        defer os.freePages(pages);
        const units: []u16 = @ptrCast(pages);
        if (api.call(.napi_get_value_string_utf16, .{ env, key, units.ptr, length + 1, &length }) != c.napi_ok) {
            return error.Runtime;
        }
        return !hasLoneSurrogate(units[0..length]);
    }
};

fn hasLoneSurrogate(units: []const u16) bool {
    var at: usize = 0;
    while (at < units.len) : (at += 1) {
        if (std.unicode.utf16IsLowSurrogate(units[at])) return true;
        if (!std.unicode.utf16IsHighSurrogate(units[at])) continue;
        at += 1;
        if (at == units.len or !std.unicode.utf16IsLowSurrogate(units[at])) return true;
    }
    return false;
}
