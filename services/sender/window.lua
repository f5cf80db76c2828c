-- The window of window.py, in Redis, for all senders of an installation. Its rules are told there.
--
-- KEYS: the window; the senders that live. ARGV[1]: what is asked, as JSON:
--   id      the sender's
--   epoch   of the window that it knows, "" for none
--   costs   recipients of each message
--   rate, quota   as SES allows, when told anew; hold   microseconds in which nobody sends
--   told    a window: what Redis has to learn, either all that the sender knows (whole = true), or
--           what it granted while Redis was away; spent   how much of the quota that was
--   away    as many senders lived when it lost sight of Redis; only when it sees Redis again
-- Answer: now, the verdicts, the number of senders, the window; only `now` where `told` has to be
-- whole, and nothing was done.

local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local ask = cjson.decode(ARGV[1])
local now_slot = math.floor(now / SLOT)

-- A time to go lies less than MOST_WAIT ahead. Further ahead, the clock of Redis was set back.
local function stored()
  local text = redis.call("GET", KEYS[1])
  local fine, window = pcall(cjson.decode, text or "")
  if not fine or type(window) ~= "table" or type(window.epoch) ~= "string" then return nil end
  window.last, window.hold = tonumber(window.last), tonumber(window.hold)
  if window.last > now + 2 * MOST_WAIT then return nil end
  return window
end

-- The slots from a reach ago on, without gaps.
local function forget(window)
  local first, slots = now_slot - REACH_SLOTS, {}
  local skipped = first - window.first
  for i = 1, math.max(REACH_SLOTS + 1, #window.slots - skipped) do
    slots[i] = window.slots[i + skipped] or 0
  end
  window.first, window.slots = first, slots
end

local function count(window, slot, cost)
  local i = slot - window.first + 1
  for gap = #window.slots + 1, i do window.slots[gap] = 0 end
  window.slots[i] = window.slots[i] + cost
end

local part = 1 -- of the rate, for those who ask here

local function eased(window)
  if window.rate <= 0 then return window.last end
  return window.last + math.ceil(window.cost * 1000000 / (EASE * window.rate * part))
end

-- Slots before `estimated` hold what a sender believed of all senders: another's belief is no news,
-- but may be better. Slots after it hold what is known, to which the other's is added.
local function learn(window, told, estimated)
  local moved = now - tonumber(told.now)
  for i, cost in ipairs(told.slots) do
    local slot = told.first + i - 1 + math.ceil(moved / SLOT)
    if cost > 0 and slot >= window.first then
      local known = slot < estimated and (window.slots[slot - window.first + 1] or 0) or 0
      count(window, slot, math.max(0, cost - known))
    end
  end
  local last = told.last ~= "0" and tonumber(told.last) + moved or 0
  local late = math.max(eased(window), eased({last = last, cost = told.cost, rate = window.rate}))
  window.last = math.max(window.last, last)
  -- Microseconds are whole, so what they come to may be a little more than the recipients it was.
  window.cost = math.ceil((late - window.last) * EASE * window.rate / 1000000 - 0.01)
  local hold = told.hold ~= "0" and tonumber(told.hold) + moved or 0
  window.hold = math.max(window.hold, hold)
  if window.quota >= 0 then window.quota = math.max(0, window.quota - (ask.spent or 0)) end
end

local function new(told)
  local window = {
    epoch = time[1] .. "." .. time[2] .. "." .. ask.id, estimated = 0, first = now_slot - REACH_SLOTS, slots = {},
    last = 0, cost = 0, hold = 0, rate = told.rate, quota = told.quota
  }
  forget(window)
  learn(window, told, 0)
  window.estimated = math.max(now_slot, math.floor(window.last / SLOT))
  return window
end

local function allow(window)
  local quota = ask.quota
  if quota >= 0 then
    for _, cost in ipairs(window.slots) do quota = math.max(0, quota - cost) end
  end
  window.rate, window.quota = ask.rate, quota
end

-- Verdicts one after the other; `total` is what the reach that ends with slot `edge` holds.
local function granter(window)
  local edge, total = now_slot, 0
  for i = 1, REACH_SLOTS + 1 do total = total + window.slots[i] end
  local function slide()
    edge = edge + 1
    local i = edge - window.first + 1
    total = total + (window.slots[i] or 0) - (window.slots[i - REACH_SLOTS - 1] or 0)
  end
  return function(cost)
    if window.quota >= 0 and window.quota < cost then return "quota" end
    if window.rate <= 0 then return "rate" end
    local go = math.max(now, window.hold, eased(window))
    if go - now > SOON then return "rate" end
    while edge < math.floor(go / SLOT) do slide() end
    while total > 0 and total + cost > 2 * window.rate * part do
      slide()
      go = edge * SLOT
    end
    window.last, window.cost = go, cost
    if window.quota >= 0 then window.quota = window.quota - cost end
    count(window, edge, cost)
    total = total + cost
    return go - now
  end
end

-- JSON's numbers have 14 digits here, and times have 16.
local function store(window)
  window.last = string.format("%.0f", window.last)
  window.hold = string.format("%.0f", window.hold)
  local text = cjson.encode(window)
  redis.call("SET", KEYS[1], text, "EX", 86400)
  return text
end

local function living()
  redis.call("ZADD", KEYS[2], string.format("%.3f", now / 1000000), ask.id)
  redis.call("ZREMRANGEBYSCORE", KEYS[2], "-inf", time[1] - LIVE_SECONDS)
  redis.call("EXPIRE", KEYS[2], 86400)
  return redis.call("ZCARD", KEYS[2])
end

-- Where one has lost sight of Redis, so may others have, and each of those takes its share of the
-- rate by itself until it tries Redis again. Until then those who are here have but their own.
local function heard(window, senders)
  local since = window.doubt_since or 0
  if ask.away and since + DOUBT_SECONDS < now / 1000000 then
    since = now / 1000000
    window.doubt_since, window.doubt_senders = since, ask.away
  end
  if since + DOUBT_SECONDS < now / 1000000 then return 1 end
  local here = redis.call("ZCOUNT", KEYS[2], string.format("%.3f", since), "+inf")
  return math.min(1, here / math.max(senders, window.doubt_senders))
end

local window = stored()
local known = window and window.epoch == ask.epoch
if not known and not ask.whole then return {time[1], time[2]} end
if window then
  forget(window)
  if ask.told then learn(window, ask.told, window.estimated) end
else
  window = new(ask.told)
end
if ask.rate then allow(window) end
if ask.hold then window.hold = math.max(window.hold, now + ask.hold) end
local senders = living()
part = heard(window, senders)
local grant, verdicts = granter(window), {}
for i, cost in ipairs(ask.costs) do verdicts[i] = grant(cost) end
return {time[1], time[2], cjson.encode(verdicts), senders, store(window)}
