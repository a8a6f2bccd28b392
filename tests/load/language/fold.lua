local function range(from, to)
  local made = {}
  for n = from, to - 1 do made[#made + 1] = n end
  return made
end
local function fold(f, start, items)
  for i = 1, #items do start = f(start, items[i]) end
  return start
end
return fold(function(sum, n) return sum + n end, 0, range(0, 1000000))
