local items = {}
for n = 0, 99999 do items[#items + 1] = "item " .. n end
return #table.concat(items)
