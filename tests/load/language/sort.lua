local numbers = {}
for n = 0, 99999 do numbers[#numbers + 1] = (n * 7919 + 104729) % 99991 end
table.sort(numbers, function(a, b) return a < b end)
return numbers[50001]
