//! Export: functions that search an id table. All that a search needs is behind the function's data pointer, and one
//! function is compiled for each form of table and answer, so that a call decides nothing that was known before.

const std = @import("std");
const api = @import("api.zig");
const id_table = @import("../id_table.zig");
const key_text = @import("key_text.zig");
const state = @import("search_state.zig");
const values = @import("values.zig");
const KeyText = key_text.KeyText;
const c = api.c;
const Answer = state.Answer;
const Call = values.Call;
const Error = values.Error;
const Keys = state.Keys;
const Search = state.Search;
const RecordArray = @import("../record_array.zig").RecordArray;
const Value = values.Value;

/// createSearch(handle, spec)
pub fn createSearch(call: *Call) Error!Value {
    return state.withForm(call, call.arguments[1], create);
}

fn create(comptime Column: type, comptime keys: Keys, call: *Call, spec: Value) Error!Value {
    const answer = try call.choice(Answer, try call.property(spec, "answer"), "answer");
    const found = if (answer == .rows) try readFound(call, spec) else null;
    const search = try Search(Column, keys).create(call, call.arguments[0], spec, answer);
    if (found) |place| search.found = place.memory;
    const function = try newFunction(Search(Column, keys), call, search, switch (answer) {
        inline else => |a| callback(Column, keys, a),
    });
    if (found) |place| try call.keepAliveAs("keepsFound", function, place.value);
    return function;
}

/// The numbers that `rows` fills in, which nobody may detach.
fn readFound(call: *Call, spec: Value) Error!struct { value: Value, memory: []f64 } {
    const value = try call.property(spec, "found");
    const memory = values.elementsOf(f64, call.env, value) orelse {
        return call.fault.invalid("expected found to be a Float64Array", .{});
    };
    if (memory.len == 0) return call.fault.invalid("expected found to have room", .{});
    return .{ .value = value, .memory = memory };
}

/// A function with a search as its data, which it gives back when it is collected.
pub fn newFunction(comptime State: type, call: *Call, search: *State, run: c.napi_callback) Error!Value {
    const function = call.newFunction("search", run, search) catch |err| {
        search.release(call.env);
        return err;
    };
    const status = api.call(.napi_add_finalizer, .{ call.env, function, search, &State.finalize, null, null });
    call.check(status) catch |err| {
        search.release(call.env);
        return err;
    };
    try call.keepAlive(function, call.arguments[0]);
    return function;
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
            else if (keys == .string)
                lookUpString(Column, answer, &call, search, arguments[0])
            else
                lookUpNumber(Column, keys, answer, &call, search, arguments[0]));
        }
    }.run;
}

fn lookUpNumber(
    comptime Column: type,
    comptime keys: Keys,
    comptime answer: Answer,
    call: *Call,
    search: *Search(Column, keys),
    key: Value,
) Error!Value {
    const region = try search.handle.view(call.env);
    const number = try firstColumnOf(Column, keys, call, key) orelse return absent(call, answer);
    if (keys == .numeric and answer != .row) {
        if (search.directPayload(region, number, &.{}, answer)) |payload| {
            return answerDirectly(answer, call, &search.array, region, payload);
        }
    }
    const rows = search.rows(region);
    const row = search.rowOfNumber(region, rows, number) orelse return absent(call, answer);
    // It should have been in the direct table too.
    search.direct = null;
    return answerRow(answer, call, &search.array, region, rows, row);
}

fn lookUpString(
    comptime Column: type,
    comptime answer: Answer,
    call: *Call,
    search: *Search(Column, .string),
    key: Value,
) Error!Value {
    const region = try search.handle.view(call.env);
    var text: KeyText = undefined;
    if (!try text.init(call.env, key)) return absent(call, answer);
    defer text.deinit();
    const hash = state.hashOf(Column, text.utf8);
    if (answer != .row) {
        if (search.directPayload(region, hash, text.utf8, answer)) |payload| {
            if (!try text.isWellFormed(call.env, key)) return absent(call, answer);
            return answerDirectly(answer, call, &search.array, region, payload);
        }
    }
    const rows = search.rows(region);
    const Expected = Expecting(answer);
    const expecting: Expected = if (answer == .position) .{ .region = region, .array = &search.array } else .{};
    const found = try search.rowOfString(region, rows, text.utf8, hash, expecting, &call.fault);
    const row = found orelse return absent(call, answer);
    search.direct = null;
    if (!try text.isWellFormed(call.env, key)) return absent(call, answer);
    return answerRow(answer, call, &search.array, region, rows, row);
}

inline fn absent(call: *Call, comptime answer: Answer) Error!Value {
    return switch (answer) {
        .value => call.undefinedValue(),
        .row, .position => call.number(-1),
        .rows => comptime unreachable,
    };
}

inline fn answerRow(
    comptime answer: Answer,
    call: *Call,
    array: *const RecordArray,
    region: []const u8,
    rows: anytype,
    row: usize,
) Error!Value {
    switch (answer) {
        .row => return call.number(@floatFromInt(row)),
        .value => return newInteger(call, rows.value(row)),
        .position => {
            const position = try array.positionOfNumbered(region, rows.value(row), array.index_offset, &call.fault);
            // The caller reads the record next.
            state.prefetchRecord(region, position);
            return call.number(@floatFromInt(position));
        },
        .rows => comptime unreachable,
    }
}

inline fn answerDirectly(
    comptime answer: Answer,
    call: *Call,
    array: *const RecordArray,
    region: []const u8,
    payload: u64,
) Error!Value {
    if (answer == .value) return newInteger(call, payload);
    state.prefetchRecord(region, array.offset + payload);
    return call.number(@floatFromInt(array.offset + payload));
}

/// What stands in the first column for a key that is not stored itself, or that others compare.
fn firstColumnOf(comptime Column: type, comptime keys: Keys, call: *Call, key: Value) Error!?Column {
    if (key_text.numberOf(Column, call.env, key)) |number| return number;
    if (keys != .approx) return null;
    var text: KeyText = undefined;
    if (!try text.init(call.env, key)) return null;
    defer text.deinit();
    if (!try text.isWellFormed(call.env, key)) return null;
    return state.hashOf(Column, text.utf8);
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
        break :number fillNumbers(rows, number, from orelse search.lowerBound(region, rows, number), search.found);
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
    const hash = state.hashOf(Column, text.utf8);
    const stored = search.keyRange(region);
    var row = from orelse search.lowerBound(region, rows, hash);
    var count: usize = 0;
    while (count < search.found.len) : (count += 1) {
        const match = try id_table.findStringFrom(Column, rows, stored, text.utf8, hash, row, Unexpecting{}, &call.fault);
        search.found[count] = @floatFromInt(match orelse break);
        row = match.? + 1;
    }
    return if (count > 0 and !try text.isWellFormed(call.env, key)) 0 else count;
}

fn newInteger(call: *Call, value: u64) Error!Value {
    return if (value <= values.safe_integer_max) call.number(@floatFromInt(value)) else call.bigint(value);
}

/// Fetches nothing while a key is being compared.
pub const Unexpecting = struct {
    pub inline fn expect(_: @This(), _: u64) void {}
};

/// Fetches the slot of a record while its key is being compared.
fn Expecting(comptime answer: Answer) type {
    if (answer != .position) return Unexpecting;
    return struct {
        region: []const u8,
        array: *const RecordArray,

        pub inline fn expect(expecting: @This(), value: u64) void {
            expecting.array.prefetchSlot(expecting.region, value);
        }
    };
}
