"""Whether two rows mean the same person: names and numbers as they are compared, and the mark that is made of them.

Rules
- A name is compared without width, case, blanks and dots between its parts, and with the usual traditional characters
  as the simplified ones: 張 三, ＺＨＡＮＧ and 张三, zhang are alike.
- Somebody is known by their number (identity card, membership). Without one by name and home, both.
- A mark is a keyed hash (HMAC-SHA-256) over fund and person. Its key lies in the node's folder and leaves it only in
  backups, so that nobody finds out by trying names or numbers who stands behind a mark on the ledger.

    mark_of(key, fund, "person", same_number(" 110101 1990 0101 123x "))
"""

from __future__ import annotations

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

from linlian.imports.lists.cells import name_of, text_of
from linlian.imports.lists.sheets import Cell
from linlian.imports.problems import ImportFailed
from linlian.kernel.contract import compose

KEY_FILE = "funds.key"
KEY_BYTES = 32
_DOTS = "·•・‧．.、,-_'’ "
_PAIRS = (
    "張张陳陈劉刘楊杨趙赵黃黄吳吴孫孙馬马羅罗鄭郑謝谢許许韓韩馮冯鄧邓蕭萧蔣蒋餘余呂吕蘇苏盧卢賈贾葉叶閻阎範范陸陆鍾钟鐘钟譚谭韋韦鄒邹龍龙萬万錢钱湯汤賴赖龔龚顧顾龐庞蘭兰齊齐魯鲁莊庄關关嚴严齡龄華华國国軍军麗丽鳳凤榮荣強强偉伟鵬鹏"
    "飛飞傑杰濤涛輝辉紅红藍蓝綠绿銀银鐵铁寶宝貴贵財财慶庆興兴發发聖圣聰聪穎颖瑩莹靜静潔洁嬌娇嫻娴婭娅嬋婵娛娱學学義义禮礼愛爱東东樂乐書书畫画雲云風风電电陽阳陰阴曉晓輪轮運运進进達达遠远連连選选邁迈還还過过遲迟適适鄉乡鄰邻醫医釋释"
    "長长門门閃闪開开間间閔闵聞闻閣阁閩闽隊队階阶際际隨随險险雙双雜杂雞鸡離离難难霧雾靈灵韻韵頁页頂顶項项順顺須须頌颂預预領领頻频題题顏颜願愿類类顯显飄飘養养館馆駿骏驕骄驚惊騰腾驗验魚鱼鮮鲜鴻鸿鶴鹤鷹鹰麥麦黨党龜龟億亿儀仪價价優优"
    "倫伦側侧備备傳传債债傷伤僑侨儲储兒儿內内兩两冊册凱凯別别則则剛刚創创劍剑勁劲動动務务勝胜勞劳勢势勛勋勵励勸劝區区協协單单卻却廠厂厲厉參参員员問问啟启喬乔喚唤嘆叹圍围園园圓圆圖图團团執执堅坚場场塊块塵尘墳坟壇坛壓压壘垒壽寿夢梦"
    "奪夺奮奋婦妇媽妈寧宁審审寬宽將将專专尋寻對对導导層层屬属岡冈島岛峽峡嶺岭嶽岳幣币師师帶带幫帮幹干幾几庫库廣广廳厅彈弹彥彦後后從从徑径復复徵征憂忧憐怜懷怀應应戀恋戰战戲戏戶户揚扬換换損损搖摇搶抢撫抚撿捡擁拥擇择擊击擔担據据擴扩"
    "攝摄敗败敵敌數数斷断於于時时晉晋晝昼暉晖暢畅曆历歷历會会朧胧棗枣條条業业極极構构槍枪樣样樓楼標标樹树橋桥機机檢检櫻樱權权歐欧歡欢歲岁歸归殘残氣气漢汉決决況况涇泾淚泪淨净淵渊減减測测滄沧滿满漁渔漸渐潤润潛潜澤泽濟济濱滨瀏浏灣湾"
    "灑洒為为烏乌無无煒炜煉炼煙烟熱热燈灯燁烨爐炉爭争爾尔牆墙狀状獅狮獨独獎奖獲获獻献現现瑋玮瑤瑶環环璽玺瓊琼產产畢毕異异當当疊叠盜盗盡尽監监盤盘矯矫礎础確确祿禄禎祯稱称種种穀谷積积穩稳窮穷競竞筆笔筍笋節节築筑簡简簽签籃篮籌筹糧粮"
    "紀纪約约純纯紗纱紙纸級级紋纹納纳細细紹绍終终組组結结給给絡络統统絲丝經经綜综維维綱纲網网緒绪線线緣缘練练縣县縱纵績绩織织繡绣繪绘繼继續续纖纤罷罢羨羡習习聯联聲声職职聽听肅肃腦脑腳脚膽胆臨临舊旧艦舰艷艳藝艺芻刍莖茎萊莱葦苇蒼苍"
    "蓮莲蔭荫薦荐薩萨藥药蘊蕴蘆芦處处虛虚號号虧亏蝦虾螢萤蟬蝉術术衛卫補补裝装裡里製制複复襲袭見见規规視视親亲覺觉觀观觸触計计訂订訊讯記记訓训設设訪访証证證证評评詠咏詞词詢询試试詩诗話话該该詳详誠诚語语說说課课調调談谈請请諒谅論论"
    "諸诸諾诺謀谋謙谦講讲識识譯译議议護护讓让讚赞豐丰貝贝負负貢贡責责貨货費费貿贸賀贺資资賓宾賞赏賢贤質质購购贈赠贊赞贏赢趨趋躍跃車车軌轨軒轩軟软較较載载輕轻輔辅輩辈轉转轟轰辦办農农這这週周遊游遙遥郵邮醜丑釀酿釗钊針针釣钓鈞钧鈴铃"
    "鉅钜鉛铅銘铭銳锐鋒锋鋼钢錄录錦锦錫锡鍋锅鎮镇鎖锁鏡镜鑄铸鑒鉴鑰钥閱阅陝陕雖虽雋隽霽霁靄霭頓顿頤颐額额顓颛買买賣卖遜逊勻匀嘯啸塗涂夾夹屆届峯峰崙仑嵐岚廬庐彌弥恆恒悅悦憲宪懇恳拋抛掃扫擬拟曬晒柵栅桿杆棟栋樞枢殼壳渾浑溫温滬沪瀾澜"
    "煥焕燦灿犧牺琺珐璉琏瑪玛畝亩癡痴睏困睜睁礦矿祕秘禦御窯窑竅窍籬篱絨绒絹绢綺绮緯纬縈萦縝缜繽缤聳耸脈脉膚肤艙舱莢荚葷荤蔔卜蘋苹蠶蚕裊袅覓觅詣诣誌志誼谊諧谐謐谧貞贞貫贯賜赐賦赋賽赛輿舆轅辕逕迳邊边釵钗鈺钰鉉铉銓铨銖铢鍵键鎧铠鐸铎"
    "鑾銮闊阔闌阑陞升雛雏韜韬頗颇頡颉頰颊颯飒飯饭餃饺饒饶馴驯駱骆騁骋騏骐騫骞鬥斗鮑鲍鯉鲤鵑鹃鷺鹭"
)
_VARIANTS = str.maketrans(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)))


def same_name(cell: Cell) -> str:
    """A name as it is compared with others."""
    plain = name_of(cell).casefold().translate(_VARIANTS)
    return "".join(sign for sign in plain if sign not in _DOTS)


def same_number(cell: Cell) -> str:
    """A number that identifies, or an account, as it is compared with others."""
    return "".join(sign for sign in text_of(cell).upper() if sign.isalnum())


def key_of(folder: Path) -> bytes:
    """The key of the marks that are made here; made the first time. Raises ImportFailed (`import.key_damaged`)."""
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _write_new(path, secrets.token_bytes(KEY_BYTES))
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise ImportFailed("import.key_damaged", path=str(path), reason=str(error)[:200]) from error
    if len(key) != KEY_BYTES:
        raise ImportFailed("import.key_damaged", path=str(path), reason=f"{len(key)} bytes")
    return key


def _write_new(path: Path, key: bytes) -> None:
    """It appears whole, and only if nobody else was faster."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.touch(mode=0o600)
    with partial.open("w", encoding="ascii") as file:
        file.write(key.hex())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)
    except FileExistsError:
        return
    finally:
        partial.unlink()


def mark_of(key: bytes, fund: bytes, what: str, *parts: str | int) -> bytes:
    """The mark of a person, a line or a payment of a fund: 32 bytes."""
    told = [sha256(str(part).encode()).digest() for part in parts]
    return hmac.digest(key, compose(fund, what, *told), sha256)
