local function step(n) return function() return n - 1 end end
local n = 1000000
while n ~= 0 do n = step(n)() end
return n
