//! Export: functions that search an id table for many keys at once. Keys go through the stages of a search in groups,
//! each stage for the whole group, and each fetches what the next one reads: memory is waited for once a stage and
//! group, not once a key.

const std = @import("std");
const api = @import("api.zig");
const id_table = @import("../id_table.zig");
const search_functions = @import("search.zig");
const state = @import("search_state.zig");
const values = @import("values.zig");
const c = api.c;
const Answer = state.Answer;
const Call = values.Call;
const Error = values.Error;
const Keys = state.Keys;
const Search = state.Search;
const Value = values.Value;

/// Enough to hide the latency of memory, and few enough that what was fetched is still there when it is read.
const group_size = 32;

/// The answer for an absent key.
const absent: f64 = -1;
/// The answer for a key that a search for it alone has to answer: a text that may be malformed, a value that no double
/// holds exactly.
const undecided = std.math.nan(f64);

/// createBatchSearch(handle, spec)
pub fn createBatchSearch(call: *Call) Error!Value {
    return state.withForm(call, call.arguments[1], create);
}

fn create(comptime Column: type, comptime keys: Keys, call: *Call, spec: Value) Error!Value {
    const answer = try call.choice(Answer, try call.property(spec, "answer"), "answer");
    if (answer == .rows) return call.fault.invalid("expected one answer for each key", .{});
    const search = try Search(Column, keys).create(call, call.arguments[0], spec, answer);
    return search_functions.newFunction(Search(Column, keys), call, search, switch (answer) {
        .rows => unreachable, // refused above
        inline else => |a| callback(Column, keys, a),
    });
}

/// Keys are texts: one string with all of them, their lengths in UTF-16 units; or numbers.
fn takesTexts(comptime keys: Keys) bool {
    return keys == .string or keys == .approx;
}

fn callback(comptime Column: type, comptime keys: Keys, comptime answer: Answer) c.napi_callback {
    return &struct {
        fn run(env: c.napi_env, info: c.napi_callback_info) callconv(.c) Value {
            var arguments: [3]Value = undefined;
            var count: usize = arguments.len;
            var data: ?*anyopaque = null;
            _ = api.call(.napi_get_cb_info, .{ env, info, &count, &arguments, null, &data });
            const search: *Search(Column, keys) = @ptrCast(@alignCast(data));
            var call: Call = .{ .env = env, .environment = search.handle.environment };
            return search.handle.settle(&call, if (takesTexts(keys))
                searchTexts(Column, keys, answer, &call, search, arguments)
            else
                searchNumbers(Column, keys, answer, &call, search, arguments));
        }
    }.run;
}

/// One key on its way.
fn Item(comptime Column: type) type {
    return struct {
        column: Column,
        text: []const u8 = &.{},
        /// Whether it can be a key at all.
        valid: bool = true,
        /// Whether the text may have been changed by its conversion.
        doubtful: bool = false,
        bucket: u64 = 0,
        row: usize = 0,
    };
}

/// (text, lengths, answers)
fn searchTexts(
    comptime Column: type,
    comptime keys: Keys,
    comptime answer: Answer,
    call: *Call,
    search: *Search(Column, keys),
    arguments: [3]Value,
) Error!Value {
    const region = try search.handle.view(call.env);
    const lengths = values.elementsOf(u32, call.env, arguments[1]) orelse {
        return call.fault.invalid("expected lengths to be a Uint32Array", .{});
    };
    const answers = try answersOf(call, arguments[2], lengths.len);
    var units: usize = 0;
    for (lengths) |length| units += length;
    const scratch = &call.environment.scratch;
    defer scratch.trim();
    // No unit of UTF-16 takes more than three bytes; the last character of the room is for a zero.
    const room = try scratch.get(units * 3 + 4);
    var size: usize = undefined;
    const status = api.call(.napi_get_value_string_utf8, .{ call.env, arguments[0], room.ptr, room.len, &size });
    if (status != c.napi_ok) return call.fault.invalid("expected keys to be one text", .{});
    var texts: Texts = .{ .utf8 = room[0..size], .ascii = size == units };

    var done: usize = 0;
    while (done < lengths.len) {
        var items: [group_size]Item(Column) = undefined;
        const count = @min(group_size, lengths.len - done);
        for (items[0..count], lengths[done..][0..count]) |*item, length| {
            const text = texts.next(length);
            item.* = .{
                .column = state.hashOf(Column, text),
                .text = text,
                .doubtful = !texts.ascii and (texts.crossed or std.mem.find(u8, text, "\u{fffd}") != null),
            };
        }
        try searchGroup(Column, keys, answer, call, search, region, items[0..count], answers[done..][0..count]);
        done += count;
    }
    return call.undefinedValue();
}

/// Texts that stand one after the other.
const Texts = struct {
    utf8: []const u8,
    ascii: bool,
    at: usize = 0,
    /// Whether a character of four bytes began in the text before: two surrogates that were not of one text.
    pending: bool = false,
    crossed: bool = false,

    /// The next one, of so many UTF-16 units. A sum of lengths that the text does not have ends it early.
    fn next(texts: *Texts, length: u32) []const u8 {
        const start = texts.at;
        if (texts.ascii) {
            texts.at = @min(start + length, texts.utf8.len);
            return texts.utf8[start..texts.at];
        }
        texts.crossed = texts.pending;
        var left: u64 = length - @intFromBool(texts.pending and length > 0);
        if (length > 0) texts.pending = false;
        while (left > 0 and texts.at < texts.utf8.len) {
            const lead = texts.utf8[texts.at];
            const size: usize = if (lead < 0x80) 1 else if (lead < 0xe0) 2 else if (lead < 0xf0) 3 else 4;
            const taken: u64 = if (size == 4) 2 else 1;
            texts.at = @min(texts.at + size, texts.utf8.len);
            if (taken > left) {
                texts.pending = true;
                texts.crossed = true;
                break;
            }
            left -= taken;
        }
        return texts.utf8[start..texts.at];
    }
};

/// (keys, undefined, answers)
fn searchNumbers(
    comptime Column: type,
    comptime keys: Keys,
    comptime answer: Answer,
    call: *Call,
    search: *Search(Column, keys),
    arguments: [3]Value,
) Error!Value {
    const region = try search.handle.view(call.env);
    if (values.elementsOf(f64, call.env, arguments[0])) |doubles| {
        const answers = try answersOf(call, arguments[2], doubles.len);
        return searchColumns(Column, keys, answer, call, search, region, doubles, answers);
    }
    if (values.elementsOf(u64, call.env, arguments[0])) |integers| {
        const answers = try answersOf(call, arguments[2], integers.len);
        return searchColumns(Column, keys, answer, call, search, region, integers, answers);
    }
    return call.fault.invalid("expected keys to be a Float64Array or a BigUint64Array", .{});
}

fn searchColumns(
    comptime Column: type,
    comptime keys: Keys,
    comptime answer: Answer,
    call: *Call,
    search: *Search(Column, keys),
    region: []const u8,
    given: anytype,
    answers: []f64,
) Error!Value {
    var done: usize = 0;
    while (done < given.len) {
        var items: [group_size]Item(Column) = undefined;
        const count = @min(group_size, given.len - done);
        for (items[0..count], given[done..][0..count]) |*item, key| {
            const integer: ?u64 = if (@TypeOf(key) == f64) values.asInteger(key) else key;
            const column = if (integer) |number| std.math.cast(Column, number) else null;
            item.* = .{ .column = column orelse 0, .valid = column != null };
        }
        try searchGroup(Column, keys, answer, call, search, region, items[0..count], answers[done..][0..count]);
        done += count;
    }
    return call.undefinedValue();
}

fn answersOf(call: *Call, value: Value, count: usize) Error![]f64 {
    const answers = values.elementsOf(f64, call.env, value) orelse {
        return call.fault.invalid("expected answers to be a Float64Array", .{});
    };
    if (answers.len < count) return call.fault.invalid("expected room for {d} answers", .{count});
    return answers[0..count];
}

fn searchGroup(
    comptime Column: type,
    comptime keys: Keys,
    comptime answer: Answer,
    call: *Call,
    search: *Search(Column, keys),
    region: []const u8,
    items: []Item(Column),
    answers: []f64,
) Error!void {
    for (items, answers) |item, *result| result.* = if (item.valid) undecided else absent;
    if (search.direct != null) askDirectTable(Column, keys, answer, search, region, items, answers);
    try askRows(Column, keys, answer, call, search, region, items, answers);
    for (items, answers) |item, *result| {
        if (item.doubtful and result.* != absent) result.* = undecided;
    }
}

/// Answers what the direct table can answer.
fn askDirectTable(
    comptime Column: type,
    comptime keys: Keys,
    comptime answer: Answer,
    search: *Search(Column, keys),
    region: []const u8,
    items: []Item(Column),
    answers: []f64,
) void {
    if (answer == .row or (keys != .numeric and keys != .string)) return;
    for (items) |*item| {
        if (!item.valid) continue;
        item.bucket = search.direct.?.home(Search(Column, keys).directSpread(item.column));
        search.direct.?.prefetch(region, item.bucket);
    }
    if (keys == .string) {
        for (items) |item| search.direct.?.prefetchStored(region, item.bucket, item.column, search.keyRange(region));
    }
    for (items, answers) |item, *result| {
        if (!item.valid or search.direct == null) continue;
        const payload = search.directPayload(region, item.column, item.text, answer) orelse continue;
        if (answer == .position) {
            const position = search.array.offset + payload;
            state.prefetchRecord(region, position);
            result.* = @floatFromInt(position);
        } else {
            result.* = exact(payload);
        }
    }
}

/// Answers what is not answered yet.
fn askRows(
    comptime Column: type,
    comptime keys: Keys,
    comptime answer: Answer,
    call: *Call,
    search: *Search(Column, keys),
    region: []const u8,
    items: []Item(Column),
    answers: []f64,
) Error!void {
    const rows = search.rows(region);
    prefetchBuckets(search, region, items, answers);
    prefetchRows(search, region, rows, items, answers);
    for (items, answers) |*item, *result| {
        if (!isOpen(result.*)) continue;
        item.row = search.lowerBound(region, rows, item.column);
        if (item.row >= rows.count or rows.key(item.row) != item.column) {
            result.* = absent;
            continue;
        }
        if (keys == .string) search.keyRange(region).prefetch(rows.column(item.row, 1));
        if (answer == .position) search.array.prefetchSlot(region, rows.value(item.row));
    }
    for (items, answers) |*item, *result| {
        if (!isOpen(result.*)) continue;
        if (keys == .string) {
            item.row = try id_table.findStringFrom(
                Column,
                rows,
                search.keyRange(region),
                item.text,
                item.column,
                item.row,
                search_functions.Unexpecting{},
                &call.fault,
            ) orelse {
                result.* = absent;
                continue;
            };
        }
        // It should have been in the direct table too.
        search.direct = null;
        result.* = switch (answer) {
            .row => @floatFromInt(item.row),
            .value => exact(rows.value(item.row)),
            .position => position: {
                const position = try search.array.positionOfNumbered(region, rows.value(item.row), search.array.index_offset, &call.fault);
                state.prefetchRecord(region, position);
                break :position @floatFromInt(position);
            },
            .rows => comptime unreachable,
        };
    }
}

inline fn isOpen(result: f64) bool {
    return std.math.isNan(result);
}

fn prefetchBuckets(search: anytype, region: []const u8, items: anytype, answers: []const f64) void {
    const radix = if (search.radix) |*radix| radix else return;
    for (items, answers) |*item, result| {
        if (!isOpen(result)) continue;
        item.bucket = radix.bucket(item.column);
        radix.prefetch(region, item.bucket);
    }
}

fn prefetchRows(search: anytype, region: []const u8, rows: anytype, items: anytype, answers: []const f64) void {
    for (items, answers) |item, result| {
        if (!isOpen(result)) continue;
        const row = if (search.radix) |*radix|
            (radix.bounds(region, item.bucket, rows.count) orelse continue).start
        else
            search.hint(item.column);
        if (row >= rows.count) continue;
        const address = rows.start + row * @TypeOf(rows).row_size;
        @prefetch(address, .{});
        @prefetch(address + std.atomic.cache_line, .{});
    }
}

fn exact(value: u64) f64 {
    return if (value <= values.safe_integer_max) @floatFromInt(value) else undecided;
}
